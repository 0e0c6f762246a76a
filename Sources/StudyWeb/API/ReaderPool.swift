import FlowCore
import StudyModel

/// Readers of one store, lent to requests: opening one costs more than most answers, and a database server has few connections to give.
final class ReaderPool: Sendable {
  /// Beyond it, requests wait for a reader.
  private static let limit = 4
  /// An older one is closed instead of lent again, so that a database that was replaced is noticed.
  private static let lifetime = Duration.seconds(15)

  private struct Idle {
    var reader: any RecordReader
    var opened: Duration
  }
  private struct State {
    var idle: [Idle] = []
    var lent = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let store: any RecordStore
  private let time: any TimeSource
  private let state = Locked(State())

  init(_ store: any RecordStore, time: any TimeSource) {
    self.store = store
    self.time = time
  }

  /// nil if the store does not exist yet. Throws what the store throws.
  func reading<Result: Sendable>(_ body: (any RecordReader) async throws -> Result) async throws -> Result? {
    await turn()
    defer { handOn() }
    guard let lent = try await take() else { return nil }
    do {
      let result = try await body(lent.reader)
      giveBack(lent)
      return result
    } catch {
      // It may be broken.
      return try await withClosing { throw error } close: { try await lent.reader.close() }
    }
  }

  /// Closes the readers that are not lent.
  func close() async throws {
    for idle in state.withLock({ state in
      defer { state.idle = [] }
      return state.idle
    }) { try await idle.reader.close() }
  }

  private func turn() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        guard state.lent >= Self.limit else {
          state.lent += 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  private func handOn() {
    let next: CheckedContinuation<Void, Never>? = state.withLock { state in
      // The turn goes to the one that has waited longest.
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.lent -= 1
      return nil
    }
    next?.resume()
  }

  private func take() async throws -> Idle? {
    let now = time.monotonic
    let (old, idle) = state.withLock { state in
      let old = state.idle.filter { now - $0.opened >= Self.lifetime }
      state.idle.removeAll { now - $0.opened >= Self.lifetime }
      return (old, state.idle.popLast())
    }
    for old in old { try await old.reader.close() }
    if let idle { return idle }
    return try await store.reader().map { Idle(reader: $0, opened: now) }
  }

  private func giveBack(_ idle: Idle) { state.withLock { $0.idle.append(idle) } }
}
