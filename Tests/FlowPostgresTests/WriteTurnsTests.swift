import FlowCore
import StudyModel
import Testing

@testable import FlowPostgres

@Suite("Writes that wait for a connection")
struct WriteTurnsTests {
  private static let table = TableSchema(name: "samples", columns: [.init("instant", .instant)], key: ["instant"])

  private func writes(_ participants: [String], rows: Int = 1) -> [SliceWrite] {
    participants.map {
      SliceWrite(
        table: Self.table, participant: $0,
        batch: RecordBatch(columns: [.init(name: "instant", values: .integer([Int64](repeating: 0, count: rows)))], count: rows), ledger: nil)
    }
  }

  @Test("a participant is written by one connection at a time, and nobody waits while another could be served")
  func participants() {
    var turns = WriteTurns(writers: 2)
    let first = turns.add(writes(["A", "B"])), third = turns.add(writes(["C"]))
    guard case .carryOut(let group) = turns.turn(first) else {
      Issue.record("nobody is writing")
      return
    }
    #expect(group.map(\.ticket) == [first, third])
    let second = turns.add(writes(["B"])), fourth = turns.add(writes(["B", "D"])), fifth = turns.add(writes(["E"]))
    guard case .carryOut(let beside) = turns.turn(fourth) else {
      Issue.record("E could be served")
      return
    }
    #expect(beside.map(\.ticket) == [fifth], "B waits for B")
    turns.settle(beside, [.success([])])
    guard case .wait = turns.turn(second) else {
      Issue.record("B is being written")
      return
    }
    #expect(!turns.isWorthAsking(second))
    turns.settle(group, [.success([]), .success([])])
    #expect(turns.isWorthAsking(second))
    guard case .carryOut(let next) = turns.turn(second) else {
      Issue.record("B is free")
      return
    }
    #expect(next.map(\.ticket) == [second, fourth], "in the order in which they came")
    guard case .over = turns.turn(first) else {
      Issue.record("the first is over")
      return
    }
  }

  @Test("a transaction takes no more rows and slices than its limits, but always one call")
  func limits() {
    var turns = WriteTurns(writers: 3)
    let large = turns.add(writes(["A"], rows: WriteTurns.rowsPerTransaction + 1))
    let many = turns.add(writes((0..<WriteTurns.slicesPerTransaction).map { "P\($0)" }))
    _ = turns.add(writes(["Z"]))
    guard case .carryOut(let first) = turns.turn(large), case .carryOut(let second) = turns.turn(many), case .carryOut(let third) = turns.turn(many)
    else {
      Issue.record("there is room for three")
      return
    }
    #expect([first, second, third].map { $0.map(\.writes.count) } == [[1], [WriteTurns.slicesPerTransaction], [1]])
  }

  @Test("any order of turns carries out every call once", arguments: 0..<50 as Range<UInt64>)
  func everyCallOnce(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var turns = WriteTurns(writers: Int.random(in: 1...4, using: &random))
    let tickets = (0..<40).map { _ in turns.add(writes([["A", "B", "C", "D"].randomElement(using: &random) ?? "A"])) }
    var running: [[WriteTurns.Call]] = []
    var done: [WriteTurns.Ticket] = []
    var over: Set<WriteTurns.Ticket> = []
    while over.count < tickets.count {
      let ticket = tickets.randomElement(using: &random) ?? tickets[0]
      guard !over.contains(ticket) else { continue }
      switch turns.turn(ticket) {
      case .carryOut(let group):
        let busy = running.flatMap { $0.flatMap { $0.writes.map(\.participant) } }
        #expect(Set(busy).isDisjoint(with: group.flatMap { $0.writes.map(\.participant) }))
        running.append(group)
      case .over: over.insert(ticket)
      case .wait: break
      }
      if !running.isEmpty, Bool.random(using: &random) {
        let group = running.remove(at: Int.random(in: running.indices, using: &random))
        done += group.map(\.ticket)
        turns.settle(group, group.map { _ in .success([]) })
      }
    }
    #expect(done.count == tickets.count && Set(done) == Set(tickets))
  }
}

/// A generator for tables of random cases.
private struct SeededGenerator: RandomNumberGenerator {
  private let source: SeededRandomSource
  init(seed: UInt64) { source = SeededRandomSource(seed: seed) }
  mutating func next() -> UInt64 { source.next() }
}
