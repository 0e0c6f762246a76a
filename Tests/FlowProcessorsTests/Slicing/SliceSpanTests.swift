import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

/// Which slices share a request. Every rule is checked on random plans too.
@Suite("Contiguous slices are joined to spans")
struct SliceSpanTests {
  private static let day: Int64 = 86_400
  private static let start: Int64 = 1_767_225_600

  private static func slice(_ from: Int64, _ to: Int64, zone: String = "UTC", provisional: Bool = false) -> PlannedSlice {
    PlannedSlice(start: from, end: to, zone: zone, isProvisional: provisional)
  }
  private static func days(_ range: Range<Int64>, zone: String = "UTC") -> [PlannedSlice] {
    range.map { slice(start + $0 * day, start + ($0 + 1) * day, zone: zone) }
  }
  private static func spans(_ slices: [PlannedSlice], _ limit: SpanLimit?) -> [SliceSpan] {
    Array(SpanSequence(slices.makeIterator(), of: "steps", upTo: limit))
  }

  @Test("as many as the limit allows, never across a gap or a change of zone")
  func rules() {
    #expect(Self.spans(Self.days(0..<31), .days(14)).map(\.slices.count) == [14, 14, 3])
    #expect(Self.spans(Self.days(0..<3), nil).map(\.slices.count) == [1, 1, 1])
    #expect(Self.spans(Self.days(0..<3) + Self.days(4..<6), .days(14)).map(\.slices.count) == [3, 2])
    #expect(Self.spans(Self.days(0..<3) + Self.days(3..<5, zone: "Europe/Berlin"), .days(14)).map(\.slices.count) == [3, 2])
    #expect(Self.spans([], .days(14)).isEmpty)
    // A part of a day counts its own time by the clock, and a whole day among civil days.
    let late = [Self.slice(Self.start - 3600, Self.start)] + Self.days(0..<6)
    #expect(Self.spans(late, .seconds(6 * Self.day)).map(\.slices.count) == [6, 1])
    #expect(Self.spans(late, .days(6)).map(\.slices.count) == [6, 1])
  }

  @Test("civil days count as days, however long the clocks make them")
  func daylightSaving() throws {
    let zone = try #require(CivilZone("America/New_York"))
    // The clocks go back on 2026-11-01.
    let dates = (25...31).map { CivilDate(year: 2026, month: 10, day: $0) } + (1...7).map { CivilDate(year: 2026, month: 11, day: $0) }
    let slices = dates.map { Self.slice(zone.startOfDay($0), zone.startOfDay($0.advanced(byDays: 1)), zone: zone.name) }
    let spans = Self.spans(slices, SpanLimit(.seconds(14 * Self.day), step: .civilDay))
    #expect(spans.map(\.slices.count) == [14] && spans[0].end - spans[0].start == 14 * Self.day + 3600)
  }

  @Test("every slice exactly once, in order, within the limit", arguments: Seeds.chosen(usual: 64))
  func property(_ seed: UInt64) throws {
    let random = SeededRandomSource(seed: seed)
    let zones = ["UTC", "America/New_York", "Australia/Lord_Howe"]
    var slices: [PlannedSlice] = []
    var at = Self.start
    for _ in 0..<(1 + Int(random.next() % 120)) {
      if random.next() % 9 == 0 { at += Int64(1 + random.next() % 3) * Self.day }
      let length = random.next() % 5 == 0 ? 60 * Int64(1 + random.next() % 1440) : Self.day
      slices.append(Self.slice(at, at + length, zone: zones[Int(random.next() % 20 == 0 ? 1 + random.next() % 2 : 0)], provisional: random.next() % 4 == 0))
      at += length
    }
    let limit: SpanLimit? = [nil, .days(1), .days(14), .seconds(6 * Self.day), .days(90)][Int(random.next() % 5)]
    let spans = Self.spans(slices, limit)
    #expect(spans.flatMap(\.slices) == slices)
    for (span, next) in zip(spans, spans.map(Optional.some).dropFirst() + [nil]) {
      let zone = try #require(CivilZone(span.zone))
      func fits(_ end: Int64) -> Bool {
        switch limit {
        case nil: false
        case .seconds(let seconds): end - span.start <= seconds
        case .days(let days): zone.date(at: end - 1).daysSince1970 - zone.date(at: span.start).daysSince1970 < days
        }
      }
      #expect(span.slices.count == 1 || fits(span.end))
      #expect(zip(span.slices, span.slices.dropFirst()).allSatisfy { $0.end == $1.start && $0.zone == $1.zone })
      // Greedy: the next slice would not have fitted.
      guard let next, next.start == span.end, next.zone == span.zone else { continue }
      #expect(!fits(next.slices[0].end))
    }
    // A plan that holds several data types, interleaved, has the same spans; handing out some at a time changes nothing.
    var plan = WaitingPlan(slices: (slices.map { WaitingSlice(dataType: "steps", slice: $0) } + slices.map { WaitingSlice(dataType: "heart", slice: $0) }).sorted { $0.slice.start < $1.slice.start })
    let limits = limit.map { ["steps": $0] } ?? [:]
    var handed: [SliceSpan] = []
    while !plan.slices.isEmpty { handed += plan.take(1 + Int(random.next() % 4), upTo: limits) }
    #expect(handed.filter { $0.dataType == "steps" } == spans)
    #expect(handed.filter { $0.dataType == "heart" }.map(\.slices) == slices.map { [$0] })
  }

  @Test("the text of slices is read back, and nothing else is", arguments: Seeds.chosen(usual: 32))
  func text(_ seed: UInt64) {
    let random = SeededRandomSource(seed: seed)
    var parts: [SlicePart] = []
    var at = Self.start
    for _ in 0...Int(random.next() % 40) {
      if random.next() % 4 == 0 { at += 60 * Int64(1 + random.next() % 2000) }
      let end = at + 60 * Int64(1 + random.next() % 1500)
      parts.append(SlicePart(start: at, end: end, isProvisional: random.next() % 3 == 0))
      at = end
    }
    let text = SlicePart.text(of: parts)
    #expect(SlicePart.parts(of: text) == parts, "\(text)")
    for broken in [String(text.dropFirst()), String(text.dropLast(3)), text + "/" + text, "", " ", text.replacing("Z", with: "")] {
      #expect(SlicePart.parts(of: broken) != parts)
    }
  }
}
