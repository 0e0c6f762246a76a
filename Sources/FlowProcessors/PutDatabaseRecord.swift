import FlowCore

/// Puts the records of a content into a table of the flow's database, as NiFi's PutDatabaseRecord: all of them, or none.
///
///     - name: keep consents
///       type: PutDatabaseRecord
///       properties: { reader: csv, database: study, statement_type: upsert, table_name: consent, update_keys: [id] }
///       to: { success: drop, retry: errors }
///
/// A FlowFile is put at least once: a run that is killed after the commit puts it again. Choose `upsert` where the records have a key, which makes no
/// second row; `insert` may.
///
/// A field that a record does not have leaves its column alone, which is the column's default in a new row; null is NULL. Records of an update whose key
/// no row has are counted, and a bulletin says which is the first. A value arrives as it is, or all records fail (`bad_data`). Numbers and `true` in a
/// column of texts are their texts. In a database in a file:
///
/// - A number keeps its value and not its notation (3.50 is 3.5), and fails if it would be rounded; but a column of floating point takes the nearest.
/// - A text for a column of numbers (INTEGER, NUMERIC, DECIMAL, MONEY, REAL) must be a number and is that number, as 3.50 of a CSV file.
/// - A text for a column of another type (DATE, STRING) stays that text, or fails if the database would write it otherwise: 007, 3.50.
/// - BOOLEAN takes true and false, in capitals too, and numbers.
///
/// PostgreSQL itself rounds to the digits that a column declares, and leaves out the offset of a time where the column is a `timestamp` without a time
/// zone.
package struct PutDatabaseRecord: Processor {
  enum Unmatched: String, CaseIterable, Sendable {
    case ignore = "ignore_unmatched_fields"
    case fail = "fail_on_unmatched_fields"
  }

  static let database = Property<ServiceReference>.required("database", .service(.sqlDatabase), "Database that has the table.")
  static let statement = Property<RowChange.Statement>.required(
    "statement_type", .choice, "`upsert` (update by the keys, and insert what is not there), `insert`, `update` or `delete`. An insertion may be made twice after a failure, an upsert does not mind.")
  static let table = Property<any AttributeExpression>.required("table_name", .expression, "The table; none of flowrun's own.")
  static let keys = Property<[String]>(
    "update_keys", .list(of: .text), default: "", "Columns that identify a row; default: the primary key. An upsert needs a UNIQUE index over them. "
      + "A deletion without them compares every field, each of which every record must have.")
  static let translatesNames = Property<Bool>("translate_field_names", .boolean, default: "true", "Whether a field finds its column without regard to case and underscores.")
  static let unmatched = Property<Unmatched>(
    "unmatched_field_behavior", .choice, default: "ignore_unmatched_fields", "What becomes of a field without a column: left out, or a failure.")

  static let success = Relationship("success", "All records are in the table.")
  static let retry = Relationship("retry", "The database could not be written this time; nothing has changed.", turn: .again)
  static let failure = Relationship(Relationship.failureName, "The records do not fit the table (`bad_data`, `bad_request`); nothing has changed.")

  package static let descriptor = ProcessorDescriptor(
    type: "PutDatabaseRecord",
    summary: "Puts the records of a content into a table of the flow's database, in one transaction.",
    differences: [
      "The table must exist, in the schema that the connection is in, and what it demands is its own matter.",
      "The statement type is one for all records.",
      "Keys must have a value, but for a deletion.",
      "A deletion that compares every field takes no field without a column.",
      "It is not for the tables of a study, which WriteRecords fills.",
    ],
    properties: [PropertyDescriptor(database), PropertyDescriptor(statement), PropertyDescriptor(table)] + RecordReading.properties + [
      PropertyDescriptor(keys), PropertyDescriptor(translatesNames), PropertyDescriptor(unmatched),
    ],
    relationships: [success, retry, failure],
    writes: [AttributeDescriptor("putdatabaserecord.error", "Of a failure: why.")],
    maximumConcurrency: 1,
    counters: [AttributeDescriptor("records", "Records put."), AttributeDescriptor("rows changed", "Rows inserted, updated or deleted."),
      AttributeDescriptor("records without a row", "Of an update or a deletion: records whose keys no row has."),
    ])

  private let database: any SQLDatabase
  private let reading: RecordReading
  private let statement: RowChange.Statement
  private let table: any AttributeExpression
  private let keys: [String]
  private let translatesNames: Bool
  private let refusesUnknownFields: Bool

  package init(_ configuration: ProcessorConfiguration) throws {
    database = configuration.service(Self.database, as: (any SQLDatabase).self)
    reading = RecordReading(configuration)
    statement = configuration[Self.statement]
    table = configuration[Self.table]
    keys = configuration[Self.keys]
    translatesNames = configuration[Self.translatesNames]
    refusesUnknownFields = configuration[Self.unmatched] == .fail
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    do {
      let name = try table.evaluate(flowFile)
      let records = try await reading.records(of: flowFile, session.environment.contents)
      if !records.rows.isEmpty {
        let change = RowChange(statement, name, records, keys: keys, translatesNames: translatesNames, refusesUnknownFields: refusesUnknownFields)
        note(try await session.waiting(for: "database") { try await database.change(change) }, of: change, session)
      }
      session.count("records", records.rows.count)
      session.transfer(flowFile, to: Self.success)
    } catch let error as ProcessorError {
      var failed = flowFile
      failed["putdatabaserecord.error"] = error.failure.message
      session.transfer(failed, to: error.failure.isWorthRepeating ? Self.retry : Self.failure, because: error.failure)
    }
  }

  private func note(_ result: RowChangeResult, of change: RowChange, _ session: ProcessSession) {
    session.count("rows changed", result.rows)
    session.count("records without a row", result.unmatched)
    // A deletion finds nothing where it has been made before.
    guard statement == .update, let first = result.firstUnmatched else { return }
    session.post(
      .warning, "records of an update without a row",
      "table '\(change.table)': no row has the key of \(result.unmatched) of \(change.records.rows.count) records, the first is record \(first); "
        + "expected a row for each; compare update_keys and the records with the table, or insert such records with statement_type: upsert")
  }
}
