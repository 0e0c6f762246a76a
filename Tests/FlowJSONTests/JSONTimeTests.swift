import FlowCore
import FlowJSON
import Testing

@Suite("Times of day, offsets and the window")
struct JSONTimeTests {
  private static let date = CivilDate(year: 2026, month: 8, day: 15)
  private static let midnight = date.startOfDayUTC.seconds

  private func timed(_ window: Range<Int64>? = nil) throws -> ([MappedColumn], ExtractionContext) {
    let columns = [
      MappedColumn(name: "instant", kind: .instant, origin: .timeOfDay(try #require(JSONPath("t"))), isRequired: true),
      MappedColumn(name: "n", kind: .integer, origin: .path(try #require(JSONPath("n")))),
    ]
    return (columns, ExtractionContext(firstDate: Self.date, window: window))
  }

  private func text(ofSecond second: Int64) -> String {
    "\(padded(Int(second / 3600), 2)):\(padded(Int(second / 60 % 60), 2)):\(padded(Int(second % 60), 2))"
  }

  private func document(_ instants: [Int64]) -> String {
    let rows = instants.enumerated().map { index, instant in
      #"{"t": "\#(text(ofSecond: (instant - Self.midnight) % 86_400))", "n": \#(index)}"#
    }
    return #"{"rows": [\#(rows.joined(separator: ","))]}"#
  }

  @Test("the dates of ascending samples less than a day apart are reconstructed", arguments: 0..<200)
  func wrap(seed: UInt64) throws {
    let random = SeededRandomSource(seed: seed)
    // From one sample per second to one every twenty hours.
    let longestStep = 1 << (random.next() % 17)
    var instants: [Int64] = [Self.midnight + Int64(random.next() % 86_400)]
    for _ in 0..<(random.next() % 3000) {
      instants.append(instants[instants.count - 1] + Int64(random.next() % UInt64(longestStep)))
    }
    let (columns, context) = try timed()
    #expect(try extract(document(instants), columns, context)["instant"]?.values == .integer(instants))
  }

  @Test("rows inside the window are kept in order, the others are counted", arguments: 0..<200)
  func window(seed: UInt64) throws {
    let random = SeededRandomSource(seed: seed)
    var instants: [Int64] = [Self.midnight + Int64(random.next() % 86_400)]
    for _ in 0..<5000 { instants.append(instants[instants.count - 1] + Int64(random.next() % 60)) }
    let start = instants[0] + Int64(random.next() % 100_000)
    let window = start..<(start + Int64(random.next() % 86_400))
    let (columns, context) = try timed(window)
    let kept = instants.enumerated().filter { window.contains($0.element) }
    guard !kept.isEmpty else {
      #expect(extractionError { try extract(document(instants), columns, context) }?.pointer == "/rows")
      return
    }
    let batch = try extract(document(instants), columns, context)
    #expect(batch["instant"]?.values == .integer(kept.map(\.element)))
    #expect(batch["n"]?.values == .integer(kept.map { Int64($0.offset) }))
    #expect(batch.count == kept.count)
    #expect(batch.droppedCount == instants.count - kept.count)
  }

  @Test("rows that are all outside fail the extraction; a list without rows is an empty answer")
  func allOutside() throws {
    let (columns, context) = try timed(Self.midnight + 60..<Self.midnight + 120)
    let error = extractionError { try extract(document([0, 59, 120].map { Self.midnight + $0 }), columns, context) }
    #expect(
      error?.description
        == "/rows is a list of 3 elements that are all outside of the requested range; expected some from 2026-08-15T00:01:00Z until 2026-08-15T00:02:00Z")
    #expect(try extract(document([]), columns, context).count == 0)
  }

  @Test("dates are compared with the slice's dates", arguments: [("2026-08-14", 0), ("2026-08-15", 1), ("2026-08-16", 0)])
  func dates(date: String, count: Int) throws {
    let days = CivilDate(year: 2026, month: 8, day: 15)..<CivilDate(year: 2026, month: 8, day: 16)
    let context = ExtractionContext(dates: days, windowColumn: "date")
    let json = #"{"rows": [{"date": "\#(date)"}, {"date": "2026-08-15"}]}"#
    let batch = try extract(json, [column("date", .date)], context)
    #expect((batch.count, batch.droppedCount) == (1 + count, 1 - count))
    let alone = #"{"rows": [{"date": {"year": 2026, "month": 8, "day": \#(date.suffix(2))}}]}"#
    if count == 1 {
      #expect(try extract(alone, [column("date", .date)], context).count == 1)
    } else {
      #expect(extractionError { try extract(alone, [try column("date", .date)], context) }?.pointer == "/rows")
    }
  }

  @Test("the window's end is outside, its start inside")
  func windowEdges() throws {
    let (columns, context) = try timed(Self.midnight + 60..<Self.midnight + 120)
    let batch = try extract(document([0, 59, 60, 119, 120].map { Self.midnight + $0 }), columns, context)
    #expect(batch.lines == ["\(Self.midnight + 60) | 2", "\(Self.midnight + 119) | 3"])
  }

  @Test("two samples of one second are both kept")
  func duplicates() throws {
    let (columns, context) = try timed(Self.midnight..<Self.midnight + 86_400)
    let batch = try extract(document([5, 5, 6].map { Self.midnight + $0 }), columns, context)
    #expect(batch.lines == ["\(Self.midnight + 5) | 0", "\(Self.midnight + 5) | 1", "\(Self.midnight + 6) | 2"])
  }

  @Test("unordered samples are rejected instead of being dated a day too late")
  func disorder() throws {
    let (columns, context) = try timed(Self.midnight..<Self.midnight + 86_400)
    let error = extractionError { try extract(document([5, 4, 6].map { Self.midnight + $0 }), columns, context) }
    #expect(
      error?.description == "/rows/1/t is '00:00:04'; expected a time of day that is not before the one of the row above")
    // Across midnight the same step back is a new day.
    let evening = try extract(document([86_399, 86_400 + 5].map { Self.midnight + $0 }), columns, context)
    #expect(evening.droppedCount == 1)
  }

  @Test("rows with a complete instant may be in any order")
  func anyOrder() throws {
    let json = #"{"rows": [{"t": "2026-08-15T00:00:09Z"}, {"t": "2026-08-15T00:00:03Z"}, {"t": "2026-08-16T00:00:00Z"}]}"#
    let context = ExtractionContext(window: Self.midnight..<Self.midnight + 86_400)
    let batch = try extract(json, [column("instant", .instant, "t")], context)
    #expect(batch.lines == ["\(Self.midnight + 9)", "\(Self.midnight + 3)"])
    #expect(batch.droppedCount == 1)
  }

  @Test("an invalid value in a row outside the window is still an error")
  func offenceOutside() throws {
    let (columns, context) = try timed(Self.midnight..<Self.midnight + 1)
    let json = #"{"rows": [{"t": "00:00:00", "n": 1}, {"t": "00:00:01", "n": "x"}]}"#
    #expect(extractionError { try extract(json, columns, context) }?.pointer == "/rows/1/n")
  }

  @Test("times of day require a first date")
  func noFirstDate() throws {
    let (columns, _) = try timed()
    #expect(extractionError { try extract(#"{"rows": []}"#, columns) }?.expected == "the date on which they begin")
  }

  @Test("the offset is the zone's at each instant, with few lookups", arguments: [0, 1, 6 * 3600, 43_201, 86_399] as [Int64])
  func offsets(change: Int64) throws {
    let questions = Locked(0)
    let at = Self.midnight + change
    let offset: @Sendable (Int64) -> Int32 = { instant in
      questions.withLock { $0 += 1 }
      return instant < at ? -14_400 : -18_000
    }
    let instants = (0..<172_800 / 7).map { Self.midnight - 43_200 + Int64($0) * 7 }
    let rows = instants.map { #"{"t": "\#(Instant(seconds: $0).text)"}"# }
    let columns = try [
      column("instant", .instant, "t"),
      MappedColumn(name: "utc_offset", kind: .offset, origin: .zone(instantColumn: "instant")),
    ]
    let batch = try extract("{\"rows\": [\(rows.joined(separator: ","))]}", columns, ExtractionContext(utcOffset: offset))
    #expect(batch["utc_offset"]?.values == .integer(instants.map { $0 < at ? -14_400 : -18_000 }))
    #expect(questions.withLock { $0 } < 60)
  }

  @Test("the offset is NULL if the instant is NULL or the zone unknown")
  func unknownOffsets() throws {
    let columns = try [
      column("instant", .instant, "t"),
      MappedColumn(name: "utc_offset", kind: .offset, origin: .zone(instantColumn: "instant")),
    ]
    let json = #"{"rows": [{}, {"t": "2026-08-15T00:00:00Z"}]}"#
    #expect(try extract(json, columns, ExtractionContext(utcOffset: { _ in 60 })).lines == ["∅ | ∅", "\(Self.midnight) | 60"])
    #expect(try extract(json, columns).lines == ["∅ | ∅", "\(Self.midnight) | ∅"])
    var required = columns
    required[1].isRequired = true
    #expect(extractionError { try extract(json, required) }?.expected == "the participant's zone")
  }
}
