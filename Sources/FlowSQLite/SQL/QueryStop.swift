import FlowCore
import GRDB
import GRDBSQLite

/// Ends a query from outside: on cancellation, or when its time is over.
///
/// SQLite asks it while a statement runs. `sqlite3_interrupt` would do nothing between two statements, and must not meet a connection that closes.
final class QueryStop: Sendable {
  enum Reason: Sendable { case cancelled, time }

  /// Instructions of SQLite's virtual machine between two questions: some 10 µs.
  private static let instructions: Int32 = 1000

  private let limits: QueryLimits
  private let reason = Locked<Reason?>(nil)

  init(_ limits: QueryLimits) { self.limits = limits }

  var isEnded: Bool { reason.withLock { $0 != nil } }

  /// The first reason stays.
  func end(_ reason: Reason) { self.reason.withLock { $0 = $0 ?? reason } }

  /// Throws if the query has been ended: for the time between statements.
  func check() throws {
    if let over { throw over }
  }

  /// Runs statements on a connection, each of which fails by SQLITE_INTERRUPT soon after the query has been ended. Blocks; call it where the connection is used.
  func watching<Result>(_ database: Database, _ body: () throws -> Result) throws -> Result {
    let connection = database.sqliteConnection
    sqlite3_progress_handler(
      connection, Self.instructions, { stop in stop.map { Unmanaged<QueryStop>.fromOpaque($0).takeUnretainedValue().isEnded } == true ? 1 : 0 },
      Unmanaged.passUnretained(self).toOpaque())
    // The handler keeps nothing alive.
    defer { sqlite3_progress_handler(connection, 0, nil, nil) }
    return try withExtendedLifetime(self) {
      try check()
      return try body()
    }
  }

  /// Runs `body` on a lane. If the query has been ended, a failure of SQLite becomes the error of the reason.
  func run<Result: Sendable>(on lane: any Lane, _ time: any TimeSource, _ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    let timer = limits.time.map { time.schedule(after: $0) { [self] in end(.time) } }
    defer { timer?.cancel() }
    return try await withTaskCancellationHandler {
      do {
        return try await lane.run { [self] in
          try check()
          return try body()
        }
      } catch let failure as DatabaseError {
        throw over ?? failure
      }
    } onCancel: {
      end(.cancelled)
    }
  }

  private var over: (any Error)? {
    switch reason.withLock({ $0 }) {
    case nil: nil
    case .cancelled: CancellationError()
    case .time: ProcessorError(.timeout, "the query was not done within \(Units.text(of: limits.time ?? .zero)); expected less, or a longer max_wait_time")
    }
  }
}
