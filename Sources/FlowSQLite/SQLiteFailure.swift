import FlowCore
import GRDB
import StudyModel

/// What SQLite's failures mean to a flow. Messages hold result codes and names, never a bound value.
struct SQLiteFailure {
  /// The database as the user named it.
  let path: String

  /// What a failed call means to its FlowFile or to the run.
  func translate(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_NOMEM:
      return ProcessorError(.disk, "\(words(error)); expected room and a sound disk for the database")
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
      return ProcessorError(.database, "\(words(error)): another program held the lock all the time that flowrun waited")
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

  /// True for a failure of one slice's own rows; everything else concerns the whole transaction.
  static func concernsOneSlice(_ error: any Error) -> Bool {
    if error is ProcessorError { return true }
    guard let error = error as? DatabaseError else { return false }
    return [.SQLITE_CONSTRAINT, .SQLITE_MISMATCH, .SQLITE_TOOBIG].contains(error.resultCode)
  }

  /// A row that a comparison did not find is there all the same.
  static func contradictsFinding(_ error: any Error) -> Bool {
    (error as? DatabaseError)?.resultCode == .SQLITE_CONSTRAINT
  }

  /// A database that cannot be used at all: what was found, what was expected, what to do.
  func opening(_ error: any Error) -> any Error {
    switch error {
    case let error as FileSystemError:
      return stop("\(error)", "a folder in which files can be made", "give a path in a folder of yours")
    case let error as DatabaseError:
      switch error.resultCode {
      case .SQLITE_NOTADB:
        return stop("the file is no SQLite database", "one made by flowrun, or no file yet", "move it away or name another path")
      case .SQLITE_CORRUPT:
        return stop(
          "the file is damaged (\(codes(error)))", "a sound SQLite database",
          "restore a copy, or save what is left with `sqlite3 FILE .recover`; what is missing is collected again")
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
        return stop("it cannot be written (\(codes(error)))", "a file and a folder that this user may write", "change their permissions")
      case .SQLITE_CANTOPEN:
        return stop("it cannot be opened (\(codes(error)))", "a file and a folder that this user may write", "check the path and its permissions")
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        return stop(
          "another program holds it locked (\(codes(error)))", "a database that is free at times",
          "end the program that holds it, then run again")
      case .SQLITE_FULL, .SQLITE_IOERR:
        return StopRun(.unavailable, .disk, "\(words(error)); expected room and a sound disk; free some space, then run again")
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
