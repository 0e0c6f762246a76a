import FlowCore
import StudyLedger
import StudyModel
import Testing

@Suite("The difference between a batch and a table")
struct RowDiffTests {
  private static let table = TableSchema(name: "t", columns: [.init("instant", .instant), .init("value", .integer)], key: ["instant"])

  private static func batch(_ rows: [(key: Int64, value: Int64)]) -> RecordBatch {
    RecordBatch(
      columns: [.init(name: "instant", values: .integer(rows.map(\.key))), .init(name: "value", values: .integer(rows.map(\.value)))],
      count: rows.count)
  }

  private static func diff(_ batch: RecordBatch, _ stored: [(key: Int64, value: Int64)], window: Range<Int64>) throws -> RowDiff {
    guard case .integer(let keys) = batch.columns[0].values, case .integer(let values) = batch.columns[1].values else {
      preconditionFailure("a batch of integers")
    }
    var diff = RowDiff(try RowOrder(batch, key: ["instant"]))
    for row in stored {
      diff.meet(isInWindow: window.contains(row.key)) { Int(keys[$0] - row.key) } hasSameValues: { values[$0] == row.value }
    }
    diff.finish()
    return diff
  }

  @Test("it agrees with set operations, for any rows in any order", arguments: 0..<200 as Range<UInt64>)
  func againstSets(seed: UInt64) throws {
    let random = SeededRandomSource(seed: seed)
    func draw(_ bound: UInt64) -> Int64 { Int64(random.next() % bound) }
    let rows = (0..<draw(30)).map { _ in (key: draw(20), value: draw(3)) }
    let stored = Dictionary((0..<draw(30)).map { _ in (draw(24), draw(3)) }) { $1 }
    let window: Range<Int64> = 2..<18
    let diff = try Self.diff(Self.batch(rows), stored.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, window: window)

    let last = Dictionary(rows.enumerated().map { ($1.key, $0) }) { $1 }
    let expectedNew = last.filter { stored[$0.key] == nil }.sorted { $0.key < $1.key }.map(\.value)
    let known = last.filter { stored[$0.key] != nil }
    let order = try RowOrder(Self.batch(rows), key: ["instant"])
    #expect((diff.new ?? (0..<order.count).map(order.row(at:))) == expectedNew)
    #expect((diff.new == nil) == stored.isEmpty)
    #expect(diff.changed == known.filter { stored[$0.key] != rows[$0.value].value }.sorted { $0.key < $1.key }.map(\.value))
    #expect(diff.unchanged == known.count { stored[$0.key] == rows[$0.value].value })
    #expect(diff.missing == stored.keys.count { window.contains($0) && last[$0] == nil })
    #expect(diff.existingInWindow == stored.keys.count { window.contains($0) })
  }

  @Test("the verdict of a difference", arguments: [
    ([(1, 1)], [], RecordComparison.Verdict.distinct), ([(1, 1)], [(1, 1)], .duplicate), ([(1, 2)], [(1, 1)], .changed),
    ([(1, 1), (2, 1)], [(1, 1)], .distinct), ([(1, 1)], [(1, 1), (2, 1)], .changed), ([], [], .duplicate),
    ([(1, 1)], [(1, 1), (99, 1)], .duplicate),
  ] as [([(Int64, Int64)], [(Int64, Int64)], RecordComparison.Verdict)])
  func verdicts(rows: [(Int64, Int64)], stored: [(Int64, Int64)], verdict: RecordComparison.Verdict) throws {
    let diff = try Self.diff(Self.batch(rows.map { ($0.0, $0.1) }), stored.map { ($0.0, $0.1) }, window: 0..<10)
    #expect(diff.verdict == verdict)
  }

  @Test("rows of the window are counted as they will be after the write")
  func counted() throws {
    let batch = Self.batch([(1, 1), (5, 1), (12, 1)])
    let rows = SliceRows(batch, in: Self.table)
    let order = try RowOrder(batch, key: ["instant"])
    #expect(rows.countAfter(try Self.diff(batch, [], window: 0..<10), order, in: 0..<10) == 2)
    #expect(rows.countAfter(try Self.diff(batch, [(2, 1), (5, 1), (11, 1)], window: 0..<10), order, in: 0..<10) == 3)
    #expect(try rows.span(order, 0..<10) == .instants(0...12))
    let empty = RecordBatch(columns: [], count: 0)
    #expect(try SliceRows(empty, in: Self.table).span(try RowOrder(empty, key: ["instant"]), 3..<9) == .instants(3...8))
  }
}
