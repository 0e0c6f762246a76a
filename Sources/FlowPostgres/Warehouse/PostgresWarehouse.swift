import FlowCore
import StudyModel

/// A warehouse in PostgreSQL: rows are copied over the connection, in the place of those of the same slice.
///
/// One transaction a call. It is repeated if the connection is lost or another one was in its way; a server that stays away for a minute stops
/// the run.
package final class PostgresWarehouse: WarehouseLoading {
  package var isOn: Bool { true }
  package let location: String
  private let links: PostgresLinks
  private let faultPoint: StoreFaultPoint

  /// - Parameter faultPoint: called at every boundary with the server; a test can make the n-th call throw.
  package init(
    _ address: PostgresAddress, environment: RuntimeEnvironment, faultPoint: @escaping StoreFaultPoint = { _ in }, limits: PostgresLimits = PostgresLimits()
  ) {
    location = address.uri
    self.faultPoint = faultPoint
    links = PostgresLinks(address, environment, limits: limits)
  }

  /// Asks the server whether it answers. Throws `StopRun` if it cannot be used.
  package func prepare() async throws {
    links.open()
    try await links.lend { link in try await link.run([Statement("SELECT 1")]) { _ in } }
  }

  package func close() async throws { await links.close() }

  package func cutWaitsShort() { links.cutWaitsShort() }

  package func prepare(tables: [TableSchema]) async throws {
    try await transaction { [location] transaction in
      try await transaction.run([Statement("SELECT pg_advisory_xact_lock(\(Self.lockClass), 0)")])
      var problems: [Diagnostic] = []
      for table in tables { problems += try await Self.prepare(WarehouseRelation(table), transaction, location) }
      guard problems.isEmpty else { throw Diagnostics(problems) }
    }
  }

  private static func prepare(_ relation: WarehouseRelation, _ transaction: PostgresTransaction, _ location: String) async throws -> [Diagnostic] {
    let stored = try await StoredColumn.all(of: relation.table.name, transaction)
    guard !stored.isEmpty else {
      try await transaction.run([Statement(relation.createStatement)])
      return []
    }
    let (missing, problems) = relation.comparison(with: stored, location: location)
    guard problems.isEmpty else { return problems }
    for column in missing { try await transaction.run([Statement(relation.addStatement(column))]) }
    return []
  }

  package func load(_ slices: [WarehouseSlice]) async throws -> Int {
    try await transaction { transaction in
      // The ledger will say that the rows are there: they must outlast a power cut, also where an administrator has switched that off.
      try await transaction.run([Statement("SET LOCAL synchronous_commit = on")])
      // Two that load the same rows for the first time would both find nothing to delete.
      for owner in Set(slices.map { "\($0.table.name)/\($0.participant)" }).sorted() {
        try await transaction.run([Statement("SELECT pg_advisory_xact_lock(\(Self.lockClass), hashtext($1))", [.text(owner)])])
      }
      var count = 0
      for slice in slices { count += try await WarehouseRows(slice, transaction).replace() }
      return count
    }
  }

  /// "FLWH" in ASCII: locks of a warehouse are not those of a database.
  private static let lockClass = 1_179_408_200

  private func transaction<Result: Sendable>(_ body: @Sendable (PostgresTransaction) async throws -> Result) async throws -> Result {
    let limits = links.limits, faultPoint = faultPoint
    return try await links.lend { [location] link in
      do {
        return try await PostgresTransaction.write(on: link, limits, faultPoint: faultPoint, body)
      } catch ServerError.refused("42501", let message) {
        throw StopRun(
          .unavailable, .database,
          "warehouse '\(location)': \(message); expected a role that may make tables in its schema, and insert and delete in them; "
            + "have an administrator grant it: GRANT CREATE, USAGE ON SCHEMA … TO …")
      }
    }
  }
}
