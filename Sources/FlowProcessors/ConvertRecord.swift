import FlowCore

/// Writes records in another form, as NiFi's ConvertRecord with inferred schemas.
///
///     - name: to csv
///       type: ConvertRecord
///       properties: { reader: json, writer: csv }
///       to: { success: put file }
package struct ConvertRecord: Processor {
  static let includesEmpty = Property<Bool>("include_zero_record_flowfiles", .boolean, default: "true", "Whether a content without records is sent on; otherwise it ends here.")

  static let success = Relationship("success", "The records in the other form.")
  static let failure = Relationship(Relationship.failureName, "The content is not in the reader's form (`bad_data`); it is left unchanged.")

  package static let descriptor = ProcessorDescriptor(
    type: "ConvertRecord",
    summary: "Converts records between JSON and CSV.",
    differences: [
      "A schema is not given; its types are those of the content.",
      "Numbers keep their digits. From CSV, `007` and `2026-01-05` stay texts, and so do `True` and `FALSE`; a column of several kinds is one of texts.",
      "An object or a list within a record becomes its JSON in CSV.",
      "A line with too many or too few fields fails, unless `csv_field_count` is `any`; so does a header with a name twice.",
      "In a CSV field a backslash is a character like any other.",
      "JSON that is empty, or has an object without a member `json_starting_field`, fails; NiFi finds no records.",
    ],
    properties: RecordReading.properties + RecordWriting.properties + [PropertyDescriptor(includesEmpty)],
    relationships: [success, failure],
    writes: RecordWriting.attributes,
    counters: [AttributeDescriptor("records", "Records converted.")])

  private let reading: RecordReading
  private let writing: RecordWriting
  private let includesEmpty: Bool

  package init(_ configuration: ProcessorConfiguration) throws {
    reading = RecordReading(configuration)
    writing = RecordWriting(configuration)
    includesEmpty = configuration[Self.includesEmpty]
  }

  package func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    let records = try await reading.records(of: flowFile, session.environment.contents)
    session.count("records", records.rows.count)
    guard includesEmpty || !records.rows.isEmpty else { return session.remove(flowFile) }
    writing.write(records, to: &flowFile)
    session.transfer(flowFile, to: Self.success)
  }
}
