import FlowCore
import StudyLedger
import StudyModel
import Testing

/// A ledger that is a list, changed by the rules, beside one that is a cell for each minute: they must always say the same.
@Suite("The rules of the ledger against a model of single minutes")
struct LedgerModelTests {
  private static let minutes: Int64 = 24

  private struct Cell: Equatable {
    var state: SliceState
    var fetched: Int64?
    var run: String
  }

  private var ledger: [LedgerSlice] = []
  private var cells = [Cell?](repeating: nil, count: Int(Self.minutes))

  private mutating func apply(_ change: LedgerChange) {
    ledger.removeAll { change.removed.contains($0.key) }
    ledger += change.remainders + change.added
  }

  private mutating func answer(_ slice: LedgerSlice, isDivisible: Bool) {
    let known = ledger.filter { $0.window.overlaps(slice.window) }
    let plan = AnswerPlan(slice, over: known, isDivisible: isDivisible)
    for part in plan.parts {
      apply(part.room)
      ledger.append(part.slice)
    }
    // The model: a minute yields to what is newer, and a day's answer is written as a whole or not at all.
    let newer = slice.window.filter { isNewer(cells[Int($0)], than: slice) }
    guard newer.isEmpty || isDivisible else { return }
    for minute in slice.window where !newer.contains(minute) { cells[Int(minute)] = cell(slice) }
  }

  private mutating func note(_ slice: LedgerSlice) {
    apply(LedgerChange(noting: slice, among: ledger.filter { $0.window.overlaps(slice.window) }))
    for minute in slice.window where !(cells[Int(minute)]?.state.isAnswered ?? false) { cells[Int(minute)] = cell(slice) }
  }

  private func isNewer(_ cell: Cell?, than slice: LedgerSlice) -> Bool {
    guard let cell, cell.state.isAnswered, let known = cell.fetched, let fetched = slice.fetchedAt?.seconds else { return false }
    return known > fetched
  }

  private func cell(_ slice: LedgerSlice) -> Cell { Cell(state: slice.state, fetched: slice.fetchedAt?.seconds, run: slice.run) }

  private func check(_ step: String) {
    let inOrder = ledger.sorted { $0.key.start < $1.key.start }
    for (slice, next) in zip(inOrder, inOrder.dropFirst()) { #expect(slice.key.end <= next.key.start, "\(step): slices overlap") }
    var found = [Cell?](repeating: nil, count: Int(Self.minutes))
    for slice in ledger { for minute in slice.window { found[Int(minute)] = cell(slice) } }
    #expect(found == cells, "\(step)")
    #expect(ledger.allSatisfy { !$0.window.isEmpty }, "\(step)")
  }

  @Test("after any answers and notes, in any order, every minute agrees with the model", arguments: 0..<200 as Range<UInt64>)
  func anySequence(seed: UInt64) {
    var test = LedgerModelTests()
    let random = SeededRandomSource(seed: seed)
    func draw(_ bound: Int64) -> Int64 { Int64(random.next() % UInt64(bound)) }
    for step in 0..<30 {
      let start = draw(Self.minutes - 1)
      let end = start + 1 + draw(Self.minutes - start)
      let state: SliceState = [.written, .provisional, .deferred, .failed][Int(draw(4))]
      var slice = LedgerSlice(
        key: SliceKey(participant: "P0001", dataType: "heart", start: start, end: min(end, Self.minutes)), state: state, run: "run-\(step)")
      if state.isAnswered {
        slice.fetchedAt = Instant(seconds: draw(6))
        test.answer(slice, isDivisible: draw(3) > 0)
      } else {
        test.note(slice)
      }
      test.check("seed \(seed), step \(step)")
    }
  }
}
