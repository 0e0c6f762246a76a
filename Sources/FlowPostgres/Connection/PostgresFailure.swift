import FlowCore
import StudyModel

/// Translates failures of the server and of the connection. Messages hold SQLSTATE and names, never values of rows.
struct PostgresFailure {
  /// The database as the flow names it.
  let location: String

  /// What can be done about a failed transaction.
  enum Remedy {
    /// The transaction again, on the same connection: it lost against another one.
    case repeatTransaction
    /// The transaction again on a new connection, after a wait: the server is starting, stopping, full of connections, or out of reach.
    case reconnect
    /// Nothing.
    case none
  }

  static func remedy(_ error: any Error) -> Remedy {
    guard let error = error as? ServerError else { return .none }
    switch error {
    case .lost: return .reconnect
    case .unreachable(let message): return isLasting(message) ? .none : .reconnect
    case .refused(let state, _):
      if ["40001", "40P01", "55P03"].contains(state) { return .repeatTransaction }
      // A statement that ran too long waited for a lock, or the server is overloaded.
      if state == "57014" { return .repeatTransaction }
      // Connection exceptions, too many connections, shutdown, crash, still starting, idle in a transaction for too long.
      return state.hasPrefix("08") || ["53300", "57P01", "57P02", "57P03", "57P05", "25P03"].contains(state) ? .reconnect : .none
    }
  }

  /// Whether a connection fails for a reason that waiting does not mend. libpq has no code for these, only the server's words and its own.
  private static func isLasting(_ message: String) -> Bool {
    [
      "password authentication failed", "no password supplied", "no pg_hba.conf entry", "authentication failed", "does not exist",
      "does not support SSL", "certificate", "SSL error", "could not translate host name", "permission denied", "is not permitted to log in",
    ].contains { message.contains($0) }
  }

  /// The error to report for a failed call: for its FlowFile or for the run.
  func translate(_ error: any Error) -> any Error {
    guard let error = error as? ServerError else { return error }
    switch error {
    case .lost, .unreachable: return opening(error)
    case .refused(let state, let message): return refusal(state, message)
    }
  }

  private func refusal(_ state: String, _ message: String) -> any Error {
    let words = words(state, message)
    switch state {
    case "53100", "53200", "58030":
      return ProcessorError(.disk, "\(words); expected free space and memory on the server; free some, the next run collects what is missing")
    case "40001", "40P01", "55P03": return ProcessorError(.database, "\(words); others held its rows for as long as flowrun tries")
    case "57014": return ProcessorError(.database, "\(words); expected the server to answer in time; see whether it is overloaded, or who holds a lock (pg_locks)")
    case "25006":
      return stop("it is read-only (a standby, or default_transaction_read_only)", "a server that takes writes", "name the primary, or add ?target_session_attrs=read-write")
    case "42501": return stop(message, "a role that owns its schema", "have an administrator grant the rights: flowrun ddl prints the statements")
    case "3D000", "28000", "28P01": return opening(ServerError.unreachable(message))
    default: break
    }
    if state.hasPrefix("23") || state.hasPrefix("22") { return ProcessorError(.badData, "\(words); expected rows that fit the table") }
    if state.hasPrefix("08") || state.hasPrefix("57P") || state == "53300" { return opening(ServerError.unreachable(message)) }
    if state.hasPrefix("42") || state.hasPrefix("0A") { return ProcessorError(.internal, words) }
    return ProcessorError(.database, words)
  }

  /// Whether a failure concerns only one slice's rows; all others concern the whole transaction.
  static func concernsOneSlice(_ error: any Error) -> Bool {
    if let error = error as? ProcessorError { return [.badData, .internal].contains(error.failure.cause) }
    guard let state = (error as? ServerError)?.state else { return false }
    return state.hasPrefix("23") || state.hasPrefix("22")
  }

  /// Whether a row exists that the comparison did not find.
  static func contradictsFinding(_ error: any Error) -> Bool { (error as? ServerError)?.state == "23505" }

  /// The error for a server that cannot be used, with finding, expectation and remedy.
  func opening(_ error: any Error) -> any Error {
    guard let error = error as? ServerError else { return error }
    switch error {
    case .lost(let reason):
      return stop("the connection was lost (\(reason)) and did not come back", "a server that answers", "see to the server, then run again: what is missing is collected then")
    case .unreachable(let message): return unreachable(message)
    case .refused(let state, let message):
      switch translate(error) {
      case let stop as StopRun: return stop
      default: return stop(words(state, message), "a database that flowrun can use", "see PostgreSQL's log")
      }
    }
  }

  private func unreachable(_ message: String) -> StopRun {
    let remedy =
      message.contains("password") ? "put the password into ~/.pgpass (chmod 600) or PGPASSWORD"
      : message.contains("does not exist") ? "create it (createdb, createuser), or correct the URI"
      : message.contains("SSL") || message.contains("certificate") ? "see sslmode and sslrootcert in the URI, and the server's certificate"
      : message.contains("pg_hba.conf") ? "have the server's pg_hba.conf admit this host and user"
      : "see that the server runs and that host and port are right: psql '\(location)'"
    return stop(message, "a server that admits flowrun", remedy)
  }

  func stop(_ found: String, _ expected: String, _ remedy: String) -> StopRun {
    StopRun(.unavailable, .database, "database '\(location)': \(found); expected \(expected); \(remedy)")
  }

  private func words(_ state: String, _ message: String) -> String { "database '\(location)': \(message) (SQLSTATE \(state))" }
}
