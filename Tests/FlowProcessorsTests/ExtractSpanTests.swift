import FlowCore
import FlowTesting
import Foundation
import StudyModel
import Testing

@testable import StudyProcessors

/// One answer for several slices: each row finds its slice, and each slice is judged by itself.
@Suite("ExtractRecords divides an answer among its slices")
struct ExtractSpanTests {
  private static let zone = "America/New_York"
  private static let first = CivilDate(year: 2026, month: 10, day: 28)

  /// The attributes of a FlowFile for these days from `first` on, as SliceTimeRange sets them; a single day has no list of slices.
  private static func attributes(_ days: Range<Int>, step: SliceStep = .civilDay) throws -> Attributes {
    let civil = try #require(CivilZone(step == .civilDay ? zone : "UTC"))
    let slices = days.map { day in
      PlannedSlice(
        start: civil.startOfDay(first.advanced(byDays: Int64(day))), end: civil.startOfDay(first.advanced(byDays: Int64(day) + 1)), zone: civil.name, isProvisional: day > 1)
    }
    let spans = Array(SpanSequence(slices.makeIterator(), of: "daily", upTo: .days(400)))
    let span = try #require(spans.first)
    #expect(spans.count == 1)
    var flowFile = FlowFile(
      id: FlowFileID(SeededRandomSource(seed: 1)), attributes: ["participant": "P1", "participant.zone": zone], lineage: LineageID(1), created: Instant(seconds: 0))
    try SliceAttributes.set(on: &flowFile, span)
    return flowFile.attributes
  }

  private static func date(_ day: Int) -> String { first.advanced(byDays: Int64(day)).text }
  private static func civil(_ day: Int) -> String {
    let date = first.advanced(byDays: Int64(day))
    return #"{"date":{"year":\#(date.year),"month":\#(date.month),"day":\#(date.day)},"time":{}}"#
  }

  private static func records(_ flowFile: FlowFile?) -> RecordBatch? {
    if case .records(let batch)? = flowFile?.content { batch } else { nil }
  }

  private static let zones = """
    rows: /days/*/zones
    columns:
      date: { kind: date, from: ../date, required: true }
      zone: { kind: text, from: name, required: true }
      minutes: { kind: integer, from: minutes, minimum: 0 }
    """
  private static func zones(_ days: [(day: Int, minutes: String)]) -> String {
    let text = days.map { #"{"date":"\#(date($0.day))","zones":[{"name":"Peak","minutes":\#($0.minutes)},{"name":"Cardio","minutes":1}]}"# }
    return #"{"days":[\#(text.joined(separator: ","))]}"#
  }

  @Test("rows go to the slice of their date, in any order; those of no slice are dropped and counted")
  func dates() async throws {
    let bench = try ExtractRecordsBench(Self.zones)
    let document = Self.zones([(4, "9"), (2, "7"), (0, "5"), (-1, "4"), (1, "6")])
    let (sent, counters) = try await bench.runAll(document, try Self.attributes(0..<4))
    let flowFile = try #require(sent["success"]?.first)
    #expect(sent["failure"] == nil && sent["success"]?.count == 1)
    #expect(Self.records(flowFile)?.lines == (0..<3).flatMap { ["\(Self.date($0)) | Peak | \($0 + 5)", "\(Self.date($0)) | Cardio | 1"] })
    #expect(flowFile["slice.rows"] == "2,2,2,0" && flowFile.response != nil)
    #expect(counters["rows"] == 6 && counters["rows outside the slice"] == 4)
    #expect(try flowFile.sliceParts().map(\.isProvisional) == [false, false, true, true])
  }

  @Test("a value that is bad in one day fails that day, with the answer; the others go on")
  func badDay() async throws {
    let bench = try ExtractRecordsBench(Self.zones)
    let document = Self.zones([(0, "5"), (1, "-6"), (2, "7")])
    let (sent, _) = try await bench.runAll(document, try Self.attributes(0..<3))
    let flowFile = try #require(sent["success"]?.first), failed = try #require(sent["failure"]?.first)
    #expect(Self.records(flowFile)?.count == 4 && flowFile["slice.rows"] == "2,2")
    #expect(try flowFile.sliceParts().count == 2 && flowFile["slice.date"] == Self.date(0) && flowFile["slice.end_date"] == Self.date(3))
    #expect(failed["slice.date"] == Self.date(1) && failed["slice.end_date"] == Self.date(2) && failed["slice.parts"] == nil)
    #expect(failed.failure?.cause == .badData && failed.failure?.message == "/days/1/zones/0/minutes is -6; expected a number of at least 0")
    #expect(failed.failure?.subject == SlicePart(start: try #require(try failed.slice()).start, end: try #require(try failed.slice()).end).text)
    #expect(failed.content.sizeBytes == document.utf8.count)

    // The failed day through a mended mapping: the other days of the answer are not its business, whatever is in them.
    let mended = try ExtractRecordsBench(Self.zones.replacing("minimum: 0", with: "minimum: -10"))
    let (again, counters) = try await mended.runAll(document, failed.attributes)
    #expect(Self.records(again["success"]?.first)?.lines == ["\(Self.date(1)) | Peak | -6", "\(Self.date(1)) | Cardio | 1"])
    #expect(counters["rows outside the slice"] == 0)
    let (still, _) = try await bench.runAll(document, failed.attributes)
    #expect(still["failure"]?.first?.failure?.message == failed.failure?.message)
    // And a day of which the answer says nothing.
    var silent = failed.attributes
    silent["slice.date"] = Self.date(5)
    silent["slice.end_date"] = Self.date(6)
    let (empty, _) = try await bench.runAll(document, silent)
    #expect(Self.records(empty["success"]?.first)?.count == 0)
  }

  @Test("if every slice fails, the FlowFile fails as a whole; so does an answer to another request")
  func whole() async throws {
    let bench = try ExtractRecordsBench(Self.zones)
    let attributes = try Self.attributes(0..<2)
    for (document, message) in [
      (Self.zones([(0, "-5"), (1, "-6")]), "/days/0/zones/0/minutes is -5; expected a number of at least 0"),
      (Self.zones([(5, "5"), (6, "6")]), "elements that are all outside of the requested range"),
      (#"{"days":{"date":"2026-10-28"}}"#, "/days is an object"), (#"{"error":{}}"#, "/days is absent"),
      (#"{"days":[{"date":"28 Oct","zones":[{"name":"Peak"}]}]}"#, "/days/0/date is '28 Oct'"), ("{", "JSON"),
    ] {
      let (sent, _) = try await bench.runAll(document, attributes)
      let failed = try #require(sent["failure"]?.first, "\(document)")
      #expect(sent["success"] == nil && sent["failure"]?.count == 1 && failed["slice.parts"] == attributes["slice.parts"])
      #expect(failed.failure?.message.contains(message) == true && failed.failure?.subject == nil, "\(failed.failure?.message ?? "")")
    }
    // Nothing for these days is a valid answer.
    let (sent, _) = try await bench.runAll(#"{"days":[]}"#, attributes)
    #expect(sent["success"]?.first?["slice.rows"] == "0,0")
  }

  private static let daily = """
    rows: /
    skip_empty: true
    columns:
      date: { kind: date, value: "${slice.date}", required: true }
      steps: { kind: integer, from: "/steps/rollupDataPoints[civilStartTime.date=@date]/steps/countSum", accept_text: true, default: 0, minimum: 0 }
      calories: { kind: integer, from: "/calories/*?/rollupDataPoints[civilStartTime.date=@date]/totalCalories/kcalSum", minimum: 0 }
      basal: { kind: integer, total: /basal/*/dataPoints/*/kcal, total_within: startTime, minimum: 0 }
    """
  private static func point(_ day: Int, _ member: String) -> String { #"{"civilStartTime":\#(civil(day))\#(member)}"# }
  private static func daily(steps: [Int: String], calories: [[Int: String]], basal: [(hours: Int, kcal: Int)] = []) throws -> String {
    let midnight = try #require(CivilZone(zone)).startOfDay(first)
    func points(_ values: [Int: String], _ member: String, _ name: String) -> String {
      #"{"rollupDataPoints":[\#(values.sorted { $0.key > $1.key }.map { point($0.key, $0.value.isEmpty ? "" : #","\#(member)":{"\#(name)":\#($0.value)}"#) }.joined(separator: ","))]}"#
    }
    let energy = basal.map { #"{"startTime":"\#(Instant(seconds: midnight + Int64($0.hours) * 3600).text)","kcal":\#($0.kcal)}"# }.joined(separator: ",")
    return #"{"steps":\#(points(steps, "steps", "countSum")),"calories":[\#(calories.map { points($0, "totalCalories", "kcalSum") }.joined(separator: ","))],"basal":[{"dataPoints":[\#(energy)]}]}"#
  }

  @Test("one row for each slice is read with the slice's own attributes, sums within its own time")
  func rowForEachSlice() async throws {
    let bench = try ExtractRecordsBench(Self.daily)
    let document = try Self.daily(
      steps: [0: #""100""#, 1: "", 3: #""300""#], calories: [[0: "2000", 1: "2100.4"], [3: "2300"]], basal: [(0, 10), (23, 11), (24, 20), (30, 1), (75, 30)])
    let (sent, _) = try await bench.runAll(document, try Self.attributes(0..<5))
    let flowFile = try #require(sent["success"]?.first, "\(sent["failure"]?.first?.failure?.message ?? "")")
    #expect(
      Self.records(flowFile)?.lines == ["\(Self.date(0)) | 100 | 2000 | 21", "\(Self.date(1)) | ∅ | 2100 | 21", "\(Self.date(3)) | 300 | 2300 | 30"])
    #expect(flowFile["slice.rows"] == "1,1,0,1,0")
  }

  @Test("a list that has an element for none of the slices answers a different request; so does a sum without a value inside")
  func otherDays() async throws {
    let bench = try ExtractRecordsBench(Self.daily)
    for document in [
      try Self.daily(steps: [7: "1", 8: "2"], calories: [[0: "1", 1: "2"]]), try Self.daily(steps: [0: "1"], calories: [[0: "1"]], basal: [(-30, 5), (300, 6)]),
    ] {
      let (sent, _) = try await bench.runAll(document, try Self.attributes(0..<2))
      #expect(sent["failure"]?.first?.failure?.cause == .badData && sent["success"] == nil, "\(document)")
    }
  }

  @Test("where one slice's value is invalid and no other slice has one, that is the reason; no slice passes for empty")
  func onlyInvalid() async throws {
    let bench = try ExtractRecordsBench(Self.daily)
    // In the second answer the steps are of other days.
    for (steps, calories, reason) in [([0: #""-1""#], [0: "1"], "'-1'; expected"), ([7: "1"], [0: "-5"], "is -5; expected")] {
      let (sent, _) = try await bench.runAll(try Self.daily(steps: steps, calories: [calories]), try Self.attributes(0..<2))
      let messages = (sent["failure"] ?? []).map { $0.failure?.message ?? "" }
      #expect(sent["success"] == nil && !messages.isEmpty && messages.allSatisfy { $0.contains(reason) }, "\(messages) \(sent.keys)")
    }
  }

  @Test("together is as one by one", arguments: Seeds.chosen(usual: 24))
  func asOneByOne(_ seed: UInt64) async throws {
    let random = SeededRandomSource(seed: seed)
    let count = 2 + Int(random.next() % 12)
    let isDaily = random.next() % 2 == 0
    let bench = try ExtractRecordsBench(isDaily ? Self.daily : Self.zones)
    let known = (0..<count).filter { _ in random.next() % 4 > 0 }
    if known.isEmpty { return }
    func value() -> String { random.next() % 12 == 0 ? "-1" : String(random.next() % 5000) }
    var whole = "", single: [Int: String] = [:]
    if isDaily {
      let steps = Dictionary(uniqueKeysWithValues: known.map { ($0, value()) })
      whole = try Self.daily(steps: steps, calories: [steps])
      for day in 0..<count { single[day] = try Self.daily(steps: steps.filter { $0.key == day }, calories: [steps.filter { $0.key == day }]) }
    } else {
      let days = known.map { (day: $0, minutes: value()) }
      whole = Self.zones(random.next() % 2 == 0 ? days.reversed() : days)
      for day in 0..<count { single[day] = Self.zones(days.filter { $0.day == day }) }
    }
    let (sent, _) = try await bench.runAll(whole, try Self.attributes(0..<count))
    var rows: [String] = [], failed: Set<String> = []
    for day in 0..<count {
      let (own, _) = try await bench.runAll(try #require(single[day]), try Self.attributes(day..<day + 1))
      rows += Self.records(own["success"]?.first)?.lines ?? []
      if own["failure"] != nil { failed.insert(Self.date(day)) }
    }
    if failed.count == count {
      #expect(sent["success"] == nil)
    } else {
      #expect(Self.records(sent["success"]?.first)?.lines == rows)
      #expect(Set((sent["failure"] ?? []).compactMap { $0["slice.date"] }) == failed)
    }
  }
}
