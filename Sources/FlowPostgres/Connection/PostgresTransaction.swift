import FlowCore
import StudyModel

/// A transaction on a borrowed connection.
struct PostgresTransaction: Sendable {
  let link: PostgresLink
  private let faultPoint: StoreFaultPoint

  init(link: PostgresLink, faultPoint: @escaping StoreFaultPoint) {
    self.link = link
    self.faultPoint = faultPoint
  }

  /// Runs `body` in a transaction that is committed if it returns. Throws `ServerError`, and errors of `body`.
  static func write<Result: Sendable>(
    on link: PostgresLink, _ limits: PostgresLinks.Limits, faultPoint: @escaping StoreFaultPoint,
    _ body: (PostgresTransaction) async throws -> Result
  ) async throws -> Result {
    let transaction = PostgresTransaction(link: link, faultPoint: faultPoint)
    try faultPoint(.begin)
    do {
      try await transaction.link.run([Statement("BEGIN"), Self.timeouts(limits)]) { _ in }
      let result = try await body(transaction)
      try faultPoint(.commit)
      try await transaction.link.run([Statement("COMMIT")]) { answers in
        // The server answers ROLLBACK, without an error, if a statement had failed before.
        guard answers[0].command == "COMMIT" else { throw ServerError.refused(state: "25P02", message: "a statement of the transaction had failed") }
      }
      try faultPoint(.committed)
      return result
    } catch {
      await transaction.rollBack()
      throw error
    }
  }

  /// Limits of this transaction only: settings of a session would not survive a pooler in transaction mode.
  static func timeouts(_ limits: PostgresLinks.Limits) -> Statement {
    let milliseconds = "\(limits.statementSeconds * 1000)"
    return Statement(
      "SELECT set_config('statement_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)", [.text(milliseconds)])
  }

  /// What has the server look every two seconds whether its client is still there, for a transaction whose statements may take hours. A server that works on
  /// a statement does not look by itself: after the run was stopped or killed it would go on, with its locks, to the statement's end.
  ///
  /// Nothing for servers before version 14, which have no such setting, and for those whose system cannot look. Throws `ServerError`.
  static func attention(of link: PostgresLink) async throws -> [Statement] {
    let setting = "client_connection_check_interval"
    // Tried by itself, where it lasts for one statement: a refusal would end the transaction.
    let trial = Statement("SELECT set_config(name, '2s', true) FROM pg_settings WHERE name = '\(setting)'")
    do {
      let isThere = try await link.run([trial]) { $0[0].count == 1 }
      return isThere ? [Statement("SELECT set_config('\(setting)', '2s', true)")] : []
    } catch ServerError.refused {
      return []
    }
  }

  func rollBack() async {
    // If this fails the connection is lost, and with it the transaction.
    do { try await link.run([Statement("ROLLBACK")]) { _ in } } catch { await link.close() }
  }

  /// Runs reads that see one snapshot, in one round trip.
  static func read<Value: Sendable>(
    on link: PostgresLink, _ limits: PostgresLinks.Limits, _ statements: [Statement], read: @escaping @Sendable ([Answer]) throws -> Value
  ) async throws -> Value {
    if statements.count == 1 { return try await link.run(statements, read: read) }
    let begin = [Statement("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"), timeouts(limits)]
    do {
      return try await link.run(begin + statements + [Statement("COMMIT")]) { answers in try read(Array(answers[2..<answers.count - 1])) }
    } catch {
      await PostgresTransaction(link: link) { _ in }.rollBack()
      throw error
    }
  }

  // MARK: Statements

  /// Runs statements in one round trip.
  func run<Value: Sendable>(_ statements: [Statement], read: @escaping @Sendable ([Answer]) throws -> Value) async throws -> Value {
    try faultPoint(.statement)
    return try await link.run(statements, read: read)
  }

  func run(_ statements: [Statement]) async throws { try await run(statements) { _ in } }

  func copy(_ sql: String, _ source: any CopySource) async throws -> Int {
    try faultPoint(.statement)
    return try await link.copy(sql, source)
  }

  /// Runs `body` so that its failure undoes only its own changes.
  func savepoint<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
    try await run([Statement("SAVEPOINT slice")])
    do {
      let result = try await body()
      try await run([Statement("RELEASE SAVEPOINT slice")])
      return result
    } catch {
      // Of a lost connection nothing is left to undo.
      if PostgresFailure.remedy(error) == .reconnect { throw error }
      try await link.run([Statement("ROLLBACK TO SAVEPOINT slice"), Statement("RELEASE SAVEPOINT slice")]) { _ in }
      throw error
    }
  }
}
