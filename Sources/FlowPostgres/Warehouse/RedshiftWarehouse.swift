import FlowCore
import StudyModel

/// A warehouse in Amazon Redshift, which speaks PostgreSQL's protocol. Redshift itself copies the objects that PutParquet has put into S3.
///
/// Statements are sent one by one, without parameters: Redshift lacks most of what PostgreSQL has learnt since version 8. None of this has been
/// tried against a real Redshift; what it sends is tested as text.
package final class RedshiftWarehouse: WarehouseLoading {
  package static let scheme = "redshift:"

  package var isOn: Bool { true }
  package let location: String
  private let role: String
  private let links: PostgresLinks

  package static func isAddress(_ location: String) -> Bool { location.hasPrefix(scheme) }

  /// The URI as libpq reads it.
  private static func address(of location: String) -> String { "postgresql:" + location.dropFirst(scheme.count) }

  /// What is wrong with a location and the role, found without a connection.
  package static func problems(of location: String, role: String) -> [Diagnostic] {
    let problems = PostgresAddress.problems(of: address(of: location))
    guard problems.isEmpty, role.isEmpty else { return problems }
    return [
      Diagnostic(
        .missingProperty, subject: "warehouse '\(location)'", found: "no role by which Redshift may read the objects",
        expected: "its ARN", hint: "-p warehouse_role=arn:aws:iam::ACCOUNT:role/NAME")
    ]
  }

  /// Throws `Diagnostics` for a location that cannot be used.
  package init(_ location: String, role: String, environment: RuntimeEnvironment) throws {
    let problems = Self.problems(of: location, role: role)
    guard problems.isEmpty else { throw Diagnostics(problems) }
    self.location = location
    self.role = role
    var limits = PostgresLimits()
    // A COPY takes as long as the cluster's queue.
    limits.silenceSeconds = 600
    links = PostgresLinks(try PostgresAddress(checking: Self.address(of: location)), environment, limits: limits)
  }

  /// Asks the server whether it answers. Throws `StopRun` if it cannot be used.
  package func prepare() async throws {
    links.open()
    try await links.lend { link in try await link.run([Statement("SELECT 1")]) { _ in } }
  }

  package func close() async throws { await links.close() }

  package func cutWaitsShort() { links.cutWaitsShort() }

  package func prepare(tables: [TableSchema]) async throws {
    try await transaction { [role] link in
      for table in tables {
        let statements = RedshiftStatements(table: table, role: role)
        try await link.run([Statement(statements.create)]) { _ in }
        let known = try await link.run([Statement(statements.columns)]) { answers in (0..<answers[0].count).compactMap { answers[0].text($0, 0) } }
        guard known.contains(WarehouseRelation.owner) else { throw Self.otherShape(table) }
        for column in table.columns where !known.contains(column.name.lowercased()) {
          try await link.run([Statement(statements.add(column))]) { _ in }
        }
      }
    }
  }

  private static func otherShape(_ table: TableSchema) -> Diagnostics {
    Diagnostics([
      Diagnostic(
        .storedTable, subject: "table '\(table.name)' of the warehouse", found: "it has no column '\(WarehouseRelation.owner)'",
        expected: "a table that LoadIntoWarehouse has made, or none", hint: "rename that table, or name another database")
    ])
  }

  package func load(_ slices: [WarehouseSlice]) async throws -> Int {
    var statements: [String] = []
    for slice in slices {
      let table = RedshiftStatements(table: slice.table, role: role)
      if !statements.contains(table.lock) { statements.append(table.lock) }
      statements += try table.load(slice)
    }
    let all = statements
    try await transaction { link in
      for sql in all { try await link.run([Statement(sql)]) { _ in } }
    }
    return slices.reduce(0) { $0 + $1.batch.count }
  }

  private func transaction(_ body: @Sendable (PostgresLink) async throws -> Void) async throws {
    try await links.lend { link in
      try await link.run([Statement("BEGIN")]) { _ in }
      do {
        try await body(link)
        try await link.run([Statement("COMMIT")]) { answers in
          // The server answers ROLLBACK, without an error, if a statement had failed before.
          guard answers[0].command == "COMMIT" else { throw ServerError.refused(state: "25P02", message: "a statement of the transaction had failed") }
        }
      } catch {
        // If this fails the connection is lost, and with it the transaction.
        do { try await link.run([Statement("ROLLBACK")]) { _ in } } catch { await link.close() }
        throw error
      }
    }
  }
}
