import FlowCore
import FlowErrors
import StudyModel
import StudyParticipants
import Testing

@testable import FlowRuntime
@testable import flowrun

@Suite("Entries that the ledger has answered")
struct LedgerAnswersTests {
  /// A ledger of one answered slice per day, which counts its queries.
  private final class CountingLedger: AnswerLookup {
    let asked = Locked<[(participant: String, window: Range<Int64>)]>([])
    private let rows: [LedgerSlice]

    init(_ rows: [LedgerSlice]) { self.rows = rows }

    func answers(of participant: String, dataTypes: [String], window: Range<Int64>) async throws -> [LedgerSlice] {
      asked.withLock { $0.append((participant, window)) }
      return rows.filter { dataTypes.contains($0.key.dataType) && $0.key.start < window.upperBound && window.lowerBound < $0.key.end }
    }
  }

  private static let day: Int64 = 86_400
  /// 2026-03-08.
  private static let first: Int64 = 1_772_928_000

  private static func row(_ day: Int64, fetched: Int64 = 1_790_000_000, run: String = "run-2", flowFile: String? = nil, days: Int64 = 1) -> LedgerSlice {
    var row = LedgerSlice(
      key: SliceKey(
        participant: "P0001", dataType: "intraday-heart-rate", start: first + day * self.day, end: first + (day + days) * self.day),
      state: .written, run: run)
    row.fetchedAt = Instant(seconds: fetched)
    row.flowFile = flowFile
    return row
  }

  private static func slice(_ day: Int64, days: Int64 = 1, of participant: String = "P0001") -> Attributes {
    EntryBench.slice(
      Instant(seconds: first + day * self.day).text, to: Instant(seconds: first + (day + days) * self.day).text, of: participant)
  }

  @Test("the ledger is queried once per participant, only for the time of its entries")
  func askedOnce() async throws {
    let bench = try EntryBench()
    var entries: [StoredEntry] = []
    for day in 3..<9 as Range<Int64> { entries.append(try await bench.entry(at: "write heart", .database, attributes: Self.slice(day))) }
    entries.append(try await bench.entry(at: "write heart", .database, attributes: Self.slice(0, of: "P0002")))
    entries.append(try await bench.entry(at: "refresh token", .needsConsent, attributes: ["participant": "P0003"]))
    let ledger = CountingLedger((0..<400).map { Self.row($0) })
    let settled = try await LedgerAnswers(lookup: ledger).settled(entries)
    #expect(settled.count == 7)
    let asked = ledger.asked.withLock { $0 }
    #expect(asked.map(\.participant) == ["P0001", "P0002"])
    #expect(asked[0].window == Self.first + 3 * Self.day..<Self.first + 9 * Self.day)
  }

  @Test("a later response, one of the entry's FlowFile or one of the requested run resolves the entry, if complete")
  func whichCount() async throws {
    let bench = try EntryBench()
    let entry = try await bench.entry(at: "write heart", .database, attributes: Self.slice(0, days: 2))
    func isAnswered(_ rows: [LedgerSlice], by writer: String? = nil) -> Bool { LedgerAnswers.isAnswered(entry, by: rows, writer: writer) }
    let before = entry.time.seconds - 1
    #expect(isAnswered([Self.row(0), Self.row(1)]))
    #expect(isAnswered([Self.row(-1, days: 4)]))
    #expect(!isAnswered([Self.row(0)]))
    #expect(!isAnswered([Self.row(1)]))
    #expect(!isAnswered([Self.row(0, fetched: before), Self.row(1)]))
    #expect(isAnswered([Self.row(0, fetched: before, flowFile: entry.document.uuid), Self.row(1)]))
    #expect(isAnswered([Self.row(0, fetched: before, run: "now"), Self.row(1)], by: "now"))
    #expect(!isAnswered([]))
  }

  @Test("an entry with several slices is resolved once each of them has an answer, whatever lies between them")
  func several() async throws {
    let bench = try EntryBench()
    var attributes = Self.slice(0, days: 4)
    let parts = [0, 1, 3].map { day in SlicePart(start: Self.row(day).key.start, end: Self.row(day).key.end) }
    attributes["slice.parts"] = SlicePart.text(of: parts)
    let entry = try await bench.entry(at: "write heart", .database, attributes: attributes)
    #expect(entry.slices.map(\.start) == parts.map(\.start))
    func isAnswered(_ rows: [LedgerSlice]) -> Bool { LedgerAnswers.isAnswered(entry, by: rows, writer: nil) }
    #expect(isAnswered([Self.row(0), Self.row(1), Self.row(3)]))
    #expect(isAnswered([Self.row(0), Self.row(1), Self.row(2, fetched: entry.time.seconds - 1), Self.row(3)]))
    #expect(!isAnswered([Self.row(0), Self.row(1), Self.row(2)]))
    #expect(!isAnswered([Self.row(0), Self.row(3)]))
  }
}
