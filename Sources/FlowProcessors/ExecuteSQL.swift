import FlowCore

/// Asks a database of the flow, as NiFi's ExecuteSQL; without an input connection it is a source that asks once.
///
///     - name: ask for consents
///       type: ExecuteSQL
///       properties: { database: study, sql_query: "SELECT id, day FROM consent WHERE day = '${day}'" }
///       to: { success: split consents }
package struct ExecuteSQL: Processor {
  static let database = Property<ServiceReference>.required("database", .service(.sqlDatabase), "Database to ask.")
  static let query = Property<any AttributeExpression>("sql_query", .expression, "The query, one SELECT; without it, the content is the query.")
  static let rowsPerFlowFile = Property<Int>("max_rows_per_flow_file", .integer(0...1_000_000_000), default: "0", "Rows of one FlowFile; a longer result gives several. 0: all.")
  static let maximumWait = Property<Duration>("max_wait_time", .duration, default: "0s", "Time for the query, which is ended then; 0: no limit.")
  static let limit = Property<Int>("result_limit", .byteSize, default: "256 MB", "Memory for the result; a larger one fails.")

  static let success = Relationship("success", "The rows; a FlowFile of each part, also without any row.")
  static let failure = Relationship(Relationship.failureName, "The query cannot be run (`bad_request`), or the database does not answer.")

  package static let descriptor = ProcessorDescriptor(
    type: "ExecuteSQL",
    summary: "Runs a query in a database of the flow, and makes its rows the content.",
    differences: [
      "Rows are written as JSON or CSV instead of Avro.",
      "The query can change nothing: there is no auto commit, pre- or post-query.",
      "It takes no values for `?` from attributes (`sql.args.N.value`).",
      "The result is read whole before it is sent on.",
    ],
    properties: [PropertyDescriptor(database), PropertyDescriptor(query)] + RecordWriting.propertiesWithoutReader + [
      PropertyDescriptor(rowsPerFlowFile), PropertyDescriptor(maximumWait), PropertyDescriptor(limit),
    ],
    relationships: [success, failure],
    writes: NewFlowFile.attributes + RecordWriting.attributes + [
      AttributeDescriptor("executesql.row.count", "Rows in this FlowFile."),
      AttributeDescriptor("executesql.query.duration", "Milliseconds from the query to its last row."),
      AttributeDescriptor("executesql.resultset.index", "0: a query has one result."),
      AttributeDescriptor("executesql.error.message", "Of a failure: why."),
      AttributeDescriptor("input.flowfile.uuid", "The FlowFile that was the query's input."),
      AttributeDescriptor("fragment.identifier", "With `max_rows_per_flow_file`: the same for all parts of a result."),
      AttributeDescriptor("fragment.index", "With `max_rows_per_flow_file`: number of the part, from 0."),
      AttributeDescriptor("fragment.count", "With `max_rows_per_flow_file`: number of parts."),
    ],
    input: .allowed,
    counters: [AttributeDescriptor("rows", "Rows read.")])

  private let database: any SQLDatabase
  private let query: (any AttributeExpression)?
  private let writing: RecordWriting
  private let rowsPerFlowFile: Int
  private let limits: QueryLimits

  package init(_ configuration: ProcessorConfiguration) throws {
    database = configuration.service(Self.database, as: (any SQLDatabase).self)
    query = configuration.optional(Self.query)
    writing = RecordWriting(configuration)
    rowsPerFlowFile = configuration[Self.rowsPerFlowFile]
    let wait = configuration[Self.maximumWait]
    limits = QueryLimits(bytes: configuration[Self.limit], time: wait == .zero ? nil : wait)
  }

  package func process(_ session: ProcessSession) async throws {
    let input = session.get()
    if input == nil { session.exhausted() }
    var flowFile = input ?? session.create()
    if input == nil { NewFlowFile.name(&flowFile) }
    let start = session.environment.time.monotonic
    do {
      let sql = try await sql(for: flowFile, session.environment.contents)
      let rows = try await session.waiting(for: "database") { try await database.query(sql, limits: limits) }
      send(rows, for: flowFile, isInput: input != nil, took: session.environment.time.monotonic - start, session)
    } catch let error as ProcessorError {
      var failed = flowFile
      failed["executesql.error.message"] = error.failure.message
      session.transfer(failed, to: Self.failure, because: error.failure)
    }
  }

  private func sql(for flowFile: FlowFile, _ contents: ContentFolder) async throws -> String {
    if let query { return try query.evaluate(flowFile) }
    guard let bytes = try await flowFile.content.loaded(contents), !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
      throw ProcessorError(.badRequest, "there is no query: expected sql_query, or a content with one SELECT")
    }
    return text
  }

  private func send(_ rows: DataTable, for flowFile: FlowFile, isInput: Bool, took: Duration, _ session: ProcessSession) {
    session.count("rows", rows.rows.count)
    let length = rowsPerFlowFile == 0 ? max(1, rows.rows.count) : rowsPerFlowFile
    let count = max(1, (rows.rows.count + length - 1) / length)
    for index in 0..<count {
      // The first part is the input itself; a FlowFile that waits for all parts finds the same identifier on each.
      var part = index == 0 ? flowFile : session.create(childOf: flowFile)
      let range = index * length..<min((index + 1) * length, rows.rows.count)
      writing.write(rows[range], to: &part)
      part["executesql.row.count"] = String(range.count)
      part["executesql.query.duration"] = String(took.wholeMilliseconds)
      part["executesql.resultset.index"] = "0"
      if isInput { part["input.flowfile.uuid"] = flowFile.id.text } else { NewFlowFile.name(&part) }
      if rowsPerFlowFile > 0 {
        part["fragment.identifier"] = flowFile.id.text
        part["fragment.index"] = String(index)
        part["fragment.count"] = String(count)
      }
      session.transfer(part, to: Self.success)
    }
  }
}
