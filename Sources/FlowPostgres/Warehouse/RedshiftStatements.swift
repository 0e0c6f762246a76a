import FlowCore
import StudyModel

/// The statements by which a slice gets into Amazon Redshift, as text (docs.aws.amazon.com/redshift/latest/dg, COPY from columnar data formats).
///
/// Redshift enforces no key, so that what is loaded takes the place of what is there by DELETE, in one transaction.
struct RedshiftStatements {
  /// Longer texts than any that a shipped mapping makes; Redshift reserves memory by it.
  static let textLimitBytes = 1024
  /// The longest id of a participant.
  static let ownerLimitBytes = 64
  private static let staging = "flowrun_load"

  let table: TableSchema
  let role: String

  private var name: String { quoted(table.name) }
  private var owner: String { WarehouseRelation.owner }
  private var columnList: String { ([owner] + table.columns.map { quoted($0.name) }).joined(separator: ", ") }

  // MARK: Shape

  var create: String {
    let columns = ["\(owner) VARCHAR(\(Self.ownerLimitBytes)) NOT NULL"]
      + table.columns.map { "\(quoted($0.name)) \(type(of: $0))" + (table.key.contains($0.name) ? " NOT NULL" : "") }
    let lines = columns + ["PRIMARY KEY (\(([owner] + table.key.map(quoted)).joined(separator: ", ")))"]
    let sorting = ([owner] + (table.timeColumn.map { [quoted($0.name)] } ?? [])).joined(separator: ", ")
    return "CREATE TABLE IF NOT EXISTS \(name) (\n  \(lines.joined(separator: ",\n  "))\n)\nDISTKEY(\(owner))\nSORTKEY(\(sorting))"
  }

  /// The columns that the table has, by name; no rows if it does not exist.
  var columns: String {
    "SELECT column_name::varchar(128) FROM svv_columns WHERE table_schema = current_schema() AND table_name = \(literal(table.name.lowercased()))"
  }

  func add(_ column: TableSchema.Column) -> String { "ALTER TABLE \(name) ADD COLUMN \(quoted(column.name)) \(type(of: column))" }

  private func type(of column: TableSchema.Column) -> String {
    switch column.kind {
    case .integer: "BIGINT"
    case .offset: "INTEGER"
    case .real: "DOUBLE PRECISION"
    case .text: "VARCHAR(\(Self.textLimitBytes))"
    case .date: "DATE"
    case .instant: "TIMESTAMPTZ"
    }
  }

  // MARK: Loading

  /// Takes its turn among the loads of the table, which Redshift would otherwise refuse as not serialisable.
  var lock: String { "LOCK \(name)" }

  /// What loads a slice, in order, without BEGIN and COMMIT. Throws `ProcessorError` (`bad_data`) for rows that are no object.
  func load(_ slice: WarehouseSlice) throws(ProcessorError) -> [String] {
    let deletion = slice.isUnfinished ? nil : delete(slice.extent, of: slice.participant)
    guard slice.batch.count > 0 else { return [deletion].compactMap { $0 } }
    guard let object = slice.object, object.hasPrefix("s3://") else {
      throw ProcessorError(
        .badData,
        "the rows of \(slice.participant) for table '\(table.name)' are \(slice.object.map { "in '\($0)'" } ?? "no object"); expected an object in S3, from which "
          + "Redshift copies: put PutParquet before LoadIntoWarehouse, and name a bucket (-p objects=s3://BUCKET/PREFIX)")
    }
    return ["CREATE TEMP TABLE \(Self.staging) (\(stagingColumns))", copy(object)] + [deletion, slice.isWhollyDeleted ? nil : removal(slice)].compactMap { $0 }
      + ["INSERT INTO \(name) (\(columnList)) SELECT \(columnList) FROM \(Self.staging)", "DROP TABLE \(Self.staging)"]
  }

  /// COPY takes the columns of a file by their order, so that the file's own columns are staged: the table may have got its in another order.
  private var stagingColumns: String {
    (["\(owner) VARCHAR(\(Self.ownerLimitBytes))"] + table.columns.map { "\(quoted($0.name)) \(type(of: $0))" }).joined(separator: ", ")
  }

  private func copy(_ object: String) -> String { "COPY \(Self.staging) FROM \(literal(object)) IAM_ROLE \(literal(role)) FORMAT AS PARQUET" }

  /// The staged rows tell what else they take the place of.
  private func removal(_ slice: WarehouseSlice) -> String {
    let matched = [owner] + slice.matched.map(quoted)
    return "DELETE FROM \(name) USING \(Self.staging) WHERE " + matched.map { "\(name).\($0) = \(Self.staging).\($0)" }.joined(separator: " AND ")
  }

  private func delete(_ extent: WarehouseSlice.Extent, of participant: String) -> String? {
    let time = quoted(table.timeColumn?.name ?? "")
    let test: String
    switch extent {
    case .instants(let range):
      test = "\(time) >= \(literal(Instant(seconds: range.lowerBound).text)) AND \(time) < \(literal(Instant(seconds: range.upperBound).text))"
    case .dates(let range): test = "\(time) >= \(literal(range.lowerBound.text)) AND \(time) < \(literal(range.upperBound.text))"
    case .values(let values):
      test = values.sorted { $0.key < $1.key }.map { "\(quoted($0.key)) = \(literal($0.value))" }.joined(separator: " AND ")
    case .keys: return nil
    }
    return "DELETE FROM \(name) WHERE \(owner) = \(literal(participant)) AND \(test)"
  }

  /// Redshift reads backslashes in a literal as escapes.
  private func literal(_ text: String) -> String { "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "''") + "'" }
}

extension WarehouseSlice {
  /// Whether deleting by its extent leaves no row of its keys: those lie within the extent.
  fileprivate var isWhollyDeleted: Bool {
    guard !isUnfinished, intervals.isEmpty else { return false }
    switch extent {
    case .instants, .dates: return true
    case .values, .keys: return false
    }
  }
}
