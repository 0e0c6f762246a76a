import FlowCore

/// Asks the records of a content in SQL, as NiFi's QueryRecord: each query is a relationship.
///
///     - name: find outliers
///       type: QueryRecord
///       properties:
///         reader: csv
///         queries:
///           high: SELECT * FROM FLOWFILE WHERE rate > 180
///           daily: SELECT date, avg(rate) AS rate FROM FLOWFILE GROUP BY date
///       to: { high: look closer, daily: put file, original: drop }
///
/// A query without expressions is checked when the flow is loaded, but for the columns that it names.
package struct QueryRecord: Processor {
  package static let queries = Property<[NamedValue<any AttributeExpression>]>.required(
    "queries", .map(of: .expression), "The SELECT for each relationship name; the records are the table FLOWFILE.")
  static let includesEmpty = Property<Bool>(
    "include_zero_record_flowfiles", .boolean, default: "true", "Whether a result without records is sent to its relationship.")

  static let original = Relationship("original", "The FlowFile that was asked, unchanged.")
  static let failure = Relationship(Relationship.failureName, "The content has no records (`bad_data`), or a query is no SELECT (`bad_request`); it is left unchanged.")

  package static let descriptor = ProcessorDescriptor(
    type: "QueryRecord",
    summary: "Runs SQL queries over the records of a content, each with a relationship for its result.",
    differences: [
      "The SQL is that of https://sqlite.org/lang_select.html instead of Calcite's. There is no RPATH: `json_extract(field, '$.a')` reads within an object.",
      "Truth values compare as 1 and 0, numbers as whole numbers of 64 bits or else as floating point, objects and lists as texts.",
      "Values of different kinds can be compared: every text is greater than every number. `CAST('ann' AS INTEGER)` is 0. Calcite refuses both.",
      "A column that is neither grouped by nor aggregated is allowed beside an aggregate, and has the value of one of the rows. Calcite refuses it.",
      "A value that is only selected comes back as it was, `1.10` and `true`; one that is computed is written anew, `1.1` and `1`.",
      "A column of a UNION is of the type of its first SELECT.",
      "Records fail (`bad_data`) if a value that is selected has several notations in its column, such as 1.1 and 1.10, and where a whole number beyond 64 bits is computed with, or is like another one as floating point.",
      "A column of CSV with anything that is no number is one of texts: `CAST(rate AS REAL)`.",
    ],
    properties: [PropertyDescriptor(queries)] + RecordReading.properties + RecordWriting.properties + [PropertyDescriptor(includesEmpty)],
    relationships: [original, failure],
    relationshipsFromProperties: { values in
      values[queries].filter { ![original.name, failure.name].contains($0.name) }.map { Relationship($0.name, "The result of the query '\($0.name)'.") }
    },
    writes: RecordWriting.attributes + [AttributeDescriptor("QueryRecord.Route", "The query whose result it is.")],
    counters: [AttributeDescriptor("records", "Records read.")],
    check: { neighbourhood in
      neighbourhood.values[queries].filter { [original.name, failure.name].contains($0.name) }.map {
        Diagnostic(.conflictingProperties, property: "queries", found: "a query is called '\($0.name)'", expected: "another name: that relationship has a meaning already")
      }
    })

  private let queries: [NamedValue<any AttributeExpression>]
  private let reading: RecordReading
  private let writing: RecordWriting
  private let includesEmpty: Bool

  package init(_ configuration: ProcessorConfiguration) throws {
    queries = configuration[Self.queries]
    reading = RecordReading(configuration)
    writing = RecordWriting(configuration)
    includesEmpty = configuration[Self.includesEmpty]
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let texts = try queries.map { try $0.value.evaluate(flowFile) }
    let records = try await reading.records(of: flowFile, session.environment.contents)
    let results = try await session.environment.recordQueries.results(of: texts, over: records)
    session.count("records", records.rows.count)
    for (query, result) in zip(queries, results) where includesEmpty || !result.rows.isEmpty {
      var child = session.create(childOf: flowFile)
      writing.write(result, to: &child)
      child["QueryRecord.Route"] = query.name
      session.transfer(child, to: query.name)
    }
    session.transfer(flowFile, to: Self.original)
  }
}
