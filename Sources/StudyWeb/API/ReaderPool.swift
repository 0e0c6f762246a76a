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

  private let store: any RecordStore
  private let time: any TimeSource
  private let turns = TurnLimit(ReaderPool.limit)
  private let idle = Locked<[Idle]>([])

  init(_ store: any RecordStore, time: any TimeSource) {
    self.store = store
    self.time = time
  }

  /// nil if the store does not exist yet. Throws what the store throws.
  func reading<Result: Sendable>(_ body: (any RecordReader) async throws -> Result) async throws -> Result? {
    try await turns.turn {
      guard let lent = try await take() else { return nil }
      do {
        let result = try await body(lent.reader)
        idle.withLock { $0.append(lent) }
        return result
      } catch {
        // It may be broken.
        return try await withClosing { throw error } close: { try await lent.reader.close() }
      }
    }
  }

  /// Closes the readers that are not lent.
  func close() async throws {
    let readers = idle.withLock { idle in
      defer { idle = [] }
      return idle
    }
    for idle in readers { try await idle.reader.close() }
  }

  private func take() async throws -> Idle? {
    let now = time.monotonic
    let (old, kept) = idle.withLock { idle in
      let old = idle.filter { now - $0.opened >= Self.lifetime }
      idle.removeAll { now - $0.opened >= Self.lifetime }
      return (old, idle.popLast())
    }
    for old in old { try await old.reader.close() }
    if let kept { return kept }
    return try await store.reader().map { Idle(reader: $0, opened: now) }
  }
}
