import FlowCore
import StudyLedger
import StudyModel

/// Writes the rows of one slice into a table of a warehouse, inside the caller's transaction.
struct WarehouseRows {
  /// Below this number of rows a COPY, which takes two round trips, is not worth it.
  private static let leastForCopy = 64
  /// Bounds the memory that one statement's arrays take.
  private static let rowsPerStatement = 20_000

  private let slice: WarehouseSlice
  private let relation: WarehouseRelation
  private let transaction: PostgresTransaction
  private let order: RowOrder
  private let columns: [ColumnEncoder]

  /// Throws `ProcessorError` for rows that the table cannot hold.
  init(_ slice: WarehouseSlice, _ transaction: PostgresTransaction) throws {
    self.slice = slice
    self.transaction = transaction
    relation = WarehouseRelation(slice.table)
    order = try slice.table.order(of: slice.batch)
    columns = slice.batch.count == 0 ? [] : try PostgresTable(slice.table).encoders(slice.batch)
  }

  /// Puts the rows in the place of those that are there, and returns their number.
  func replace() async throws -> Int {
    if slice.isWhole, let deletion = try relation.deletion(of: slice.extent, participant: slice.participant) { try await transaction.run([deletion]) }
    guard order.count > 0 else { return 0 }
    if slice.isWhole || !slice.intervals.isEmpty { try await deleteMatching() }
    if slice.isWhole, order.count >= Self.leastForCopy { try await copy() } else { try await insert() }
    return order.count
  }

  /// Rows with the same keys, or of the same intervals, that another slice has loaded: a night may have moved to another date.
  private func deleteMatching() async throws {
    // Rows of a window of the key's own time were deleted with it.
    if slice.intervals.isEmpty, isWindow { return }
    let matched = columns.filter { slice.matched.contains($0.name) }
    for rows in pieces {
      let names = matched.map { quoted($0.name) }
      let arrays = matched.indices.map { "$\($0 + 2)" }.joined(separator: ", ")
      let sql = """
        DELETE FROM \(quoted(slice.table.name)) AS t USING (SELECT DISTINCT * FROM unnest(\(arrays)) AS n(\(names.joined(separator: ", ")))) AS n
        WHERE t.\(WarehouseRelation.owner) = $1\(names.map { " AND t.\($0) = n.\($0)" }.joined())
        """
      try await transaction.run([Statement(sql, [.text(slice.participant)] + (try matched.map { try array($0, rows) }))])
    }
  }

  private var isWindow: Bool {
    switch slice.extent {
    case .instants, .dates: true
    case .values, .keys: false
    }
  }

  private func copy() async throws {
    let names = [WarehouseRelation.owner] + columns.map { quoted($0.name) }
    let owner = RecordBatch.Column(name: WarehouseRelation.owner, values: .text([String](repeating: slice.participant, count: slice.batch.count)))
    let order = order
    let rows = CopyRows(
      participantID: nil, [ColumnEncoder(owner, .text, table: slice.table.name)] + columns, count: order.count, row: { order.row(at: $0) })
    try expect(
      try await transaction.copy("COPY \(quoted(slice.table.name)) (\(names.joined(separator: ", "))) FROM STDIN (FORMAT binary)", rows), order.count)
  }

  /// Changes rows that are there, and leaves columns alone that the answer lacks.
  private func insert() async throws {
    let names = columns.map { quoted($0.name) }
    let arrays = columns.indices.map { "$\($0 + 2)" }.joined(separator: ", ")
    let values = columns.map(\.name).filter { !slice.table.key.contains($0) }.map(quoted)
    let change = values.isEmpty ? "NOTHING" : "UPDATE SET " + values.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
    let sql = """
      INSERT INTO \(quoted(slice.table.name)) (\(WarehouseRelation.owner), \(names.joined(separator: ", ")))
      SELECT $1, * FROM unnest(\(arrays)) ON CONFLICT (\(relation.key.map(quoted).joined(separator: ", "))) DO \(change)
      """
    for rows in pieces {
      let statement = Statement(sql, [.text(slice.participant)] + (try columns.map { try array($0, rows) }))
      let written = try await transaction.run([statement]) { $0[0].changedCount }
      if !values.isEmpty { try expect(written, rows.count) }
    }
  }

  /// Numbers of rows, as many as one statement takes.
  private var pieces: [[Int]] {
    stride(from: 0, to: order.count, by: Self.rowsPerStatement).map { start in
      (start..<min(start + Self.rowsPerStatement, order.count)).map(order.row(at:))
    }
  }

  private func array(_ column: ColumnEncoder, _ rows: [Int]) throws -> Parameter {
    try .array(of: column.type, count: rows.count) { writer in for row in rows { try column.append(row: row, to: &writer) } }
  }

  /// A trigger or a rule of somebody else's may drop rows without an error.
  private func expect(_ written: Int, _ count: Int) throws {
    guard written != count else { return }
    throw ProcessorError(
      .database,
      "table '\(slice.table.name)' of the warehouse took \(written) of \(count) rows; expected all of them; see what drops rows there: triggers and rules "
        + "(\\d \(slice.table.name) in psql)")
  }
}
