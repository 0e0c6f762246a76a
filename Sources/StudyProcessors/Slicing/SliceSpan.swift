import FlowCore
import StudyModel

/// How much time one request may cover.
package enum SpanLimit: Sendable, Equatable {
  /// Physical time.
  case seconds(Int64)
  /// Civil days, of whatever length.
  case days(Int64)

  /// The limit for slices of a step: that of civil days counts days, because a provider's days are as long as the clock says.
  package init(_ limit: Duration, step: SliceStep) {
    self = step == .civilDay ? SpanLimit(limit) : .seconds(limit.wholeMilliseconds / 1000)
  }

  /// Whole days count civil days. Days of UTC have 24 hours each, so that slices cut by the clock there stay within the limit too.
  package init(_ limit: Duration) {
    let seconds = limit.wholeMilliseconds / 1000
    self = seconds % 86_400 == 0 ? .days(seconds / 86_400) : .seconds(seconds)
  }

  /// Where a request that begins at `start` has to end, seconds since 1970.
  func end(from start: Int64, in zone: String) -> Int64 {
    switch self {
    case .seconds(let seconds): return start + seconds
    case .days(let days):
      guard let zone = CivilZone(zone) else { return start }
      return zone.startOfDay(zone.date(at: start).advanced(byDays: days))
    }
  }
}

/// Contiguous slices of one data type and zone that one request covers.
package struct SliceSpan: Hashable, Sendable {
  package var dataType: String
  /// Never empty; ordered, without gaps.
  package private(set) var slices: [PlannedSlice]
  /// Where it has to end.
  private let latestEnd: Int64

  /// - Parameter limit: how much one request may cover; nil: one slice.
  fileprivate init(_ first: PlannedSlice, of dataType: String, upTo limit: SpanLimit?) {
    self.dataType = dataType
    slices = [first]
    latestEnd = limit?.end(from: first.start, in: first.zone) ?? first.start
  }

  package var start: Int64 { slices[0].start }
  package var end: Int64 { slices[slices.count - 1].end }
  package var zone: String { slices[0].zone }
  package var parts: [SlicePart] { slices.map { SlicePart(start: $0.start, end: $0.end, isProvisional: $0.isProvisional) } }
  var waiting: [WaitingSlice] { slices.map { WaitingSlice(dataType: dataType, slice: $0) } }

  /// Adds the next slice if one request can cover it too.
  fileprivate mutating func take(_ next: PlannedSlice) -> Bool {
    guard next.start == end, next.end <= latestEnd, next.zone == zone else { return false }
    slices.append(next)
    return true
  }
}

/// Joins the slices of one data type to the spans of its requests, lazily and greedily from the oldest. Pure.
///
/// This is what decides how many times a plan asks: SliceTimeRange hands out these spans, InvokeEndpoint divides its parts by them, and
/// `InvokeEndpoint.requestCount` counts them.
package struct SpanSequence<Slices: IteratorProtocol>: Sequence, IteratorProtocol where Slices.Element == PlannedSlice {
  private let dataType: String
  private let limit: SpanLimit?
  private var slices: Slices
  private var following: PlannedSlice?

  /// - Parameters:
  ///   - limit: how much one request may cover; nil: one slice.
  package init(_ slices: Slices, of dataType: String, upTo limit: SpanLimit?) {
    self.dataType = dataType
    self.limit = limit
    self.slices = slices
    following = self.slices.next()
  }

  package mutating func next() -> SliceSpan? {
    guard let first = following else { return nil }
    var span = SliceSpan(first, of: dataType, upTo: limit)
    following = slices.next()
    while let candidate = following, span.take(candidate) { following = slices.next() }
    return span
  }
}

extension WaitingPlan {
  /// Removes the slices of the first spans and returns these, in the order of their first slices.
  /// - Parameters:
  ///   - count: at most so many.
  ///   - limits: by data type; a data type without a limit is asked slice by slice.
  package mutating func take(_ count: Int, upTo limits: [String: SpanLimit]) -> [SliceSpan] {
    var spans: [SliceSpan] = []
    var open: [String: Array<SliceSpan>.Index] = [:]
    var left: [WaitingSlice] = []
    for waiting in slices {
      if let index = open[waiting.dataType], spans[index].take(waiting.slice) { continue }
      guard spans.count < count else {
        left.append(waiting)
        continue
      }
      open[waiting.dataType] = spans.endIndex
      spans.append(SliceSpan(waiting.slice, of: waiting.dataType, upTo: limits[waiting.dataType]))
    }
    slices = left
    return spans
  }
}
