import FlowCore
import GRDB
import StudyModel

/// Translates SQLite failures. Messages contain result codes and names, never bound values.
struct SQLiteFailure {
  /// The database's path as the user gave it.
  let path: String

  /// The error to report for a failed call: for its FlowFile or for the run.
  func translate(_ error: any Error) -> any Error {
    if let error = error as? FileSystemError {
      return ProcessorError(.disk, "database '\(path)': \(error); expected a working disk, so that what is committed can be made durable")
    }
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_NOMEM:
      return ProcessorError(.disk, "\(words(error)); expected free space and a working disk for the database")
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
      return ProcessorError(.database, "\(words(error)); it stayed locked by another process for as long as flowrun waits")
    case .SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG, .SQLITE_RANGE:
      return ProcessorError(.badData, "\(words(error)); expected rows that fit the table")
    case .SQLITE_CANTOPEN:
      return ProcessorError(.database, "\(words(error)); expected to open one more file; raise the limit on open files (ulimit -n)")
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      return opening(error)
    case .SQLITE_ERROR, .SQLITE_MISUSE, .SQLITE_SCHEMA, .SQLITE_INTERNAL:
      return ProcessorError(.internal, words(error))
    default:
      return ProcessorError(.database, words(error))
    }
  }

  /// Whether a failure concerns only one slice's rows; all others concern the whole transaction.
  static func concernsOneSlice(_ error: any Error) -> Bool {
    if error is ProcessorError { return true }
    guard let error = error as? DatabaseError else { return false }
    return [.SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG].contains(error.resultCode)
  }

  /// Whether a row exists that the comparison did not find.
  static func contradictsFinding(_ error: any Error) -> Bool {
    (error as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT
  }

  /// The error for an unusable database, with finding, expectation and remedy.
  func opening(_ error: any Error) -> any Error {
    switch error {
    case let error as FileSystemError:
      return stop("\(error)", "a writable folder", "use a path in a writable folder")
    case let error as DatabaseError:
      switch error.resultCode {
      case .SQLITE_NOTADB:
        return stop("the file is not an SQLite database", "a database made by flowrun, or no file", "move it away or name another path")
      case .SQLITE_CORRUPT:
        return stop(
          "the file is damaged (\(codes(error)))", "an intact SQLite database",
          "restore a backup, or recover the rest with `sqlite3 FILE .recover`; missing data is collected again")
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
        return stop("it cannot be written (\(codes(error)))", "a file and a folder that this user can write to", "change their permissions")
      case .SQLITE_CANTOPEN:
        return stop("it cannot be opened (\(codes(error)))", "a file and a folder that this user can write to", "check the path and its permissions")
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        return stop(
          "it is locked by another process (\(codes(error)))", "a database that is not permanently locked",
          "end that process, then run again")
      case .SQLITE_FULL, .SQLITE_IOERR:
        return StopRun(.unavailable, .disk, "\(words(error)); expected free space and a working disk; free some space, then run again")
      default: return stop(words(error), "a database that SQLite can use", "check the file")
      }
    default: return error
    }
  }

  func stop(_ found: String, _ expected: String, _ remedy: String) -> StopRun {
    StopRun(.unavailable, .database, "database '\(path)': \(found); expected \(expected); \(remedy)")
  }

  private func words(_ error: DatabaseError) -> String {
    "database '\(path)': \(error.message ?? "failed") (\(codes(error)))"
  }
  private func codes(_ error: DatabaseError) -> String { "SQLite error \(error.extendedResultCode.rawValue)" }
}
