import FlowCore

/// A strictly parsed list filter: `MEMBER >= "VALUE" AND MEMBER < "VALUE"`, the subset of AIP-160 that the provider
/// accepts.
struct GoogleHealthFilter: Sendable, Equatable {
  /// The time scale of the restricted members.
  enum Clock: Sendable {
    /// Seconds since 1970.
    case physical
    /// Local seconds since 1970, on the participant's clock.
    case civil
    /// Like `civil`, in whole days.
    case date
  }

  var clock = Clock.physical
  /// Half-open; unbounded unless the filter restricts it.
  var span = Int.min..<Int.max

  private struct Restriction {
    let clock: Clock
    let isLower: Bool
    let value: Int
  }

  /// - Parameter text: nil or empty: no restriction.
  init(_ text: String?, for type: GoogleHealthDataType) throws(WireRefusal) {
    guard let text, !text.isEmpty else { return }
    var rest = text[...]
    var restrictions: [Restriction] = []
    while true {
      restrictions.append(try Self.restriction(&rest, type))
      if rest.isEmpty { break }
      guard rest.hasPrefix(" AND ") else {
        throw .filter("EXPRESSION_STRUCTURE", "Only restrictions joined by AND are supported, found '\(rest)'.")
      }
      rest = rest.dropFirst(5)
    }
    clock = restrictions[0].clock
    guard restrictions.allSatisfy({ $0.clock == clock }) else {
      throw .filter("MIXED_TIME_RESTRICTIONS", "Filter cannot contain both physical and civil time ranges.")
    }
    let lower = restrictions.filter(\.isLower).map(\.value).max() ?? .min
    let upper = restrictions.filter { !$0.isLower }.map(\.value).min() ?? .max
    guard lower < upper else { throw .timeRange }
    span = lower..<upper
  }

  /// Parses and removes one restriction from the front.
  private static func restriction(
    _ rest: inout Substring, _ type: GoogleHealthDataType
  ) throws(WireRefusal) -> Restriction {
    let member = rest.prefix { $0.isLowercase || $0 == "_" || $0 == "." || $0.isNumber || $0.isUppercase || $0 == "-" }
    guard !member.isEmpty else { throw .filter("EXPRESSION_STRUCTURE", "Expected a member, found '\(rest)'.") }
    rest = rest.dropFirst(member.count).drop { $0 == " " }
    let parts = member.split(separator: ".", maxSplits: 1)
    guard parts[0] == type.filterName else {
      throw .filter("COLLECTION_MISMATCH", "'\(member)' is not a member of the data type \(type.name).")
    }
    guard parts.count == 2, let clock = clocks(of: type.record)[String(parts[1])] else {
      throw .filter("DATA_TYPE_MEMBER", "Member '\(member)' is not supported for filtering.")
    }
    let comparator = rest.prefix { "<>=!:".contains($0) }
    guard comparator == ">=" || comparator == "<" else {
      throw .filter("RESTRICTION_COMPARATOR", "Only >= and < are supported, found '\(comparator)'.")
    }
    rest = rest.dropFirst(comparator.count).drop { $0 == " " }
    guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else {
      throw .filter("EXPRESSION_STRUCTURE", "Expected a value in quotes, found '\(rest)'.")
    }
    let text = rest[rest.index(after: rest.startIndex)..<end]
    rest = rest[rest.index(after: end)...]
    guard let value = value(text, clock) else {
      throw .filter("\(clock == .physical ? "TIMESTAMP" : "CIVIL_DATE_TIME")_FORMAT", "'\(text)' has not the form that '\(member)' has.")
    }
    return Restriction(clock: clock, isLower: comparator == ">=", value: value)
  }

  private static func clocks(of record: GoogleHealthDataType.Record) -> [String: Clock] {
    switch record {
    case .interval: ["interval.start_time": .physical, "interval.civil_start_time": .civil]
    case .sample: ["sample_time.physical_time": .physical, "sample_time.civil_time": .civil]
    case .daily: ["date": .date]
    // Exercises can only be filtered by their start on the person's clock.
    case .exercise: ["interval.civil_start_time": .civil]
    // Sleeps can only be filtered by their end.
    case .sleep: ["interval.end_time": .physical, "interval.civil_end_time": .civil]
    }
  }

  /// Seconds since 1970. A fraction is rounded up, which is exact because all points are at whole seconds.
  private static func value(_ text: Substring, _ clock: Clock) -> Int? {
    func seconds(_ instant: Instant) -> Int { Int((instant.milliseconds + 999).flooredDivision(by: 1000)) }
    switch clock {
    case .physical: return Instant(rfc3339: text).map(seconds)
    case .date: return CivilDate(text: text).map { $0.dayNumber * 86_400 }
    case .civil: return CivilDate(text: text).map { $0.dayNumber * 86_400 } ?? Instant(localText: text).map(seconds)
    }
  }

  /// A range of instants that contains all points of the filter; for civil times, it may contain others (repeated
  /// hours).
  func instants(in zone: ZoneRules, atMost bounds: Range<Int>) -> Range<Int> {
    guard clock != .physical else { return span.clamped(to: bounds) }
    // Zones differ from UTC by less than 26 hours.
    let local = span.clamped(to: bounds.lowerBound - 100_000..<bounds.upperBound + 100_000)
    return zone.instants(covering: local).clamped(to: bounds)
  }

  func admits(_ instant: Int, offset: Int) -> Bool {
    span.contains(clock == .physical ? instant : instant + offset)
  }

  /// The whole days that the filter selects; nil if there are none.
  func days(atMost bounds: ClosedRange<Int>) -> ClosedRange<Int>? {
    let first = max(bounds.lowerBound, span.lowerBound == .min ? .min : (span.lowerBound + 86_399).flooredDivision(by: 86_400))
    let last = min(bounds.upperBound, span.upperBound == .max ? .max : (span.upperBound - 1).flooredDivision(by: 86_400))
    return first <= last ? first...last : nil
  }
}
