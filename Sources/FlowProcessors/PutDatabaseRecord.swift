import FlowCore

/// Puts the records of a content into a table of the flow's database, as NiFi's PutDatabaseRecord: all of them, or none.
///
///     - name: keep consents
///       type: PutDatabaseRecord
///       properties: { reader: csv, database: study, statement_type: upsert, table_name: consent, update_keys: [id] }
///       to: { success: drop, retry: errors }
///
/// Differs from NiFi: the table must exist, in the schema that the connection is in; columns that the records lack get their default, and what the
/// table demands is its own matter; the statement type is one for all records. It is not for the tables of a study, which WriteRecords fills.
package struct PutDatabaseRecord: Processor {
  enum Unmatched: String, CaseIterable, Sendable {
    case ignore = "ignore_unmatched_fields"
    case fail = "fail_on_unmatched_fields"
  }

  static let database = Property<ServiceReference>.required("database", .service(.sqlDatabase), "Database that has the table.")
  static let statement = Property<RowChange.Statement>.required(
    "statement_type", .choice, "`insert`, `update` rows by their keys, `upsert` (update, and insert what is not there) or `delete`.")
  static let table = Property<any AttributeExpression>.required("table_name", .expression, "The table; none of flowrun's own.")
  static let keys = Property<[String]>(
    "update_keys", .list(of: .text), default: "", "Columns that identify a row; default: the primary key. An upsert needs a UNIQUE index over them. "
      + "A deletion without them compares every field.")
  static let translatesNames = Property<Bool>("translate_field_names", .boolean, default: "true", "Whether a field finds its column without regard to case and underscores.")
  static let unmatched = Property<Unmatched>(
    "unmatched_field_behavior", .choice, default: "ignore_unmatched_fields", "What becomes of a field without a column: left out, or a failure.")

  static let success = Relationship("success", "All records are in the table.")
  static let retry = Relationship("retry", "The database could not be written this time; nothing has changed.", turn: .again)
  static let failure = Relationship(Relationship.failureName, "The records do not fit the table (`bad_data`, `bad_request`); nothing has changed.")

  package static let descriptor = ProcessorDescriptor(
    type: "PutDatabaseRecord",
    summary: "Puts the records of a content into a table of the flow's database, in one transaction.",
    properties: [PropertyDescriptor(database), PropertyDescriptor(statement), PropertyDescriptor(table)] + RecordReading.properties + [
      PropertyDescriptor(keys), PropertyDescriptor(translatesNames), PropertyDescriptor(unmatched),
    ],
    relationships: [success, retry, failure],
    writes: [AttributeDescriptor("putdatabaserecord.error", "Of a failure: why.")],
    maximumConcurrency: 1,
    counters: [AttributeDescriptor("records", "Records put."), AttributeDescriptor("rows changed", "Rows inserted, updated or deleted.")])

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
        session.count("rows changed", try await session.waiting(for: "database") { try await database.change(change) })
      }
      session.count("records", records.rows.count)
      session.transfer(flowFile, to: Self.success)
    } catch let error as ProcessorError {
      var failed = flowFile
      failed["putdatabaserecord.error"] = error.failure.message
      session.transfer(failed, to: error.failure.isWorthRepeating ? Self.retry : Self.failure, because: error.failure)
    }
  }
}
