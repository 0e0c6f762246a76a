/// Asks records in SQL, without a database of the flow: each call has a table of its own, in memory, which goes with the call.
package struct RecordQueries: Sendable {
  /// The name of the table that has the records.
  package static let table = "FLOWFILE"

  private let run: @Sendable (_ queries: [String], _ records: DataTable, _ limits: QueryLimits) async throws -> [DataTable]

  package init(_ run: @escaping @Sendable (_ queries: [String], _ records: DataTable, _ limits: QueryLimits) async throws -> [DataTable]) { self.run = run }

  /// Runs SELECTs over the records, each on the same rows. Returns a table for each.
  /// - Throws: `ProcessorError`: `bad_request` for a query that is not SQL, `bad_data` for records that make no table; `CancellationError`.
  package func results(of queries: [String], over records: DataTable, limits: QueryLimits = QueryLimits()) async throws -> [DataTable] {
    try await run(queries, records, limits)
  }
}

extension RuntimeEnvironment {
  /// What the run's composition has put in place.
  package var recordQueries: RecordQueries {
    shared.value { RecordQueries { _, _, _ in throw ProcessorError(.internal, "this environment has no engine for queries over records") } }
  }
}
