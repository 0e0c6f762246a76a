import FlowCore
import GRDB
import StudyModel
import Testing

@testable import FlowSQLite

@Suite("Writes that wait for the writer share a transaction")
struct SharedCommitTests {
  private static let day = SQLiteFixture.day

  private static func write(_ participant: String, slices: Int = 1) -> [SliceWrite] {
    (0..<Int64(slices)).map { index in
      SliceWrite(
        table: SQLiteFixture.heartRate, participant: participant, batch: SQLiteFixture.heart([(day + index * 600, 60)]),
        ledger: SQLiteFixture.slice(day + index * 600, day + (index + 1) * 600, fetched: 1000, participant: participant))
    }
  }

  @Test("those that came while it was busy are one commit, and each has its own result")
  func together() async throws {
    let environment = try SQLiteEnvironment()
    defer { environment.remove() }
    let gate = GateLane()
    let commits = Locked(0)
    let store = SQLiteDatabase(
      values: PropertyValues(["path": environment.path("data.sqlite")]),
      environment: environment.runtime { name -> any Lane in name == "database writer" ? gate as any Lane : DispatchLane(label: name) }
    ) { if $0 == .commit { commits.withLock { $0 += 1 } } }
    try await store.prepare()
    try await store.prepare(tables: TableSchema.promised)
    let before = commits.withLock { $0 }
    gate.close()
    async let first = store.write(Self.write("P0001"))
    async let second = store.write(Self.write("P0002", slices: 2))
    async let third = store.write(Self.write("P0003", slices: 3))
    await gate.whenWaiting(3)
    gate.open()
    let results = try await [first, second, third]
    let counts = try results.map { try $0.map { try $0.get().inserted } }
    #expect(counts == [[1], [1, 1], [1, 1, 1]])
    #expect(commits.withLock { $0 } - before == 1)
    try await store.close()
  }

  @Test("a transaction takes whole calls, in the order in which they came, up to its limit")
  func groups() {
    var waiting = WaitingWrites()
    let sizes = [40, 20, 10, WaitingWrites.slicesPerTransaction + 1, 1]
    let tickets = sizes.map { waiting.add(Self.write("P0001", slices: $0)) }
    var groups: [[WaitingWrites.Ticket]] = []
    while true {
      let group = waiting.takeGroup()
      if group.isEmpty { break }
      groups.append(group.map(\.ticket))
    }
    #expect(groups == [[tickets[0], tickets[1]], [tickets[2]], [tickets[3]], [tickets[4]]])
  }

  @Test("an outcome is taken once, and a call whose turn could not be run takes its writes back")
  func outcomes() throws {
    var waiting = WaitingWrites()
    let settled = waiting.add(Self.write("P0001")), withdrawn = waiting.add(Self.write("P0002"))
    waiting.settle(settled, .success([]))
    #expect(waiting.isSettled(settled) && !waiting.isSettled(withdrawn))
    #expect(try waiting.take(settled)?.get().isEmpty == true)
    #expect(waiting.take(settled) == nil)
    #expect(waiting.take(withdrawn) == nil)
    #expect(waiting.takeGroup().isEmpty)
  }

  @Test("what a savepoint may undo is kept in memory, not in a temporary file")
  func temporaryStore() async throws {
    let fixture = try await SQLiteFixture()
    // 2 is MEMORY.
    #expect(try await fixture.store.onWriter { try $0.rows("PRAGMA temp_store").first.map { $0[0] as Int64 } } == 2)
  }
}

/// A lane whose closures wait while it is closed.
private final class GateLane: Lane {
  private struct State {
    var isClosed = false
    var waiting: [CheckedContinuation<Void, Never>] = []
    var observer: (count: Int, continuation: CheckedContinuation<Void, Never>)?

    mutating func dueObserver() -> CheckedContinuation<Void, Never>? {
      guard let observer, waiting.count >= observer.count else { return nil }
      self.observer = nil
      return observer.continuation
    }
  }
  private let state = Locked(State())
  private let lane = DispatchLane(label: "gate")

  func close() { state.withLock { $0.isClosed = true } }

  func open() {
    let waiting = state.withLock { state in
      state.isClosed = false
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  /// Returns when so many closures wait.
  func whenWaiting(_ count: Int) async {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        state.observer = (count, continuation)
        return state.dueObserver()
      }?.resume()
    }
  }

  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    await withCheckedContinuation { continuation in
      let due = state.withLock { state -> [CheckedContinuation<Void, Never>] in
        guard state.isClosed else { return [continuation] }
        state.waiting.append(continuation)
        return [state.dueObserver()].compactMap(\.self)
      }
      for continuation in due { continuation.resume() }
    }
    return try await lane.run(body)
  }
}
