import FlowCore

/// Writes records in another form, as NiFi's ConvertRecord with inferred schemas.
///
///     - name: to csv
///       type: ConvertRecord
///       properties: { reader: json, writer: csv }
///       to: { success: put file }
///
/// Differs from NiFi: a schema is not given, its types are those of the content; numbers keep their digits; from CSV, `007` stays a text and `2026-01-05`
/// too; an object or a list within a record becomes its JSON in CSV; a line with too many or too few fields fails,
/// and in a CSV field a backslash is a character like any other; JSON that is empty, or has an object without a member `json_starting_field`,
/// fails, where NiFi finds no records.
package struct ConvertRecord: Processor {
  static let includesEmpty = Property<Bool>("include_zero_record_flowfiles", .boolean, default: "true", "Whether a content without records is sent on; otherwise it ends here.")

  static let success = Relationship("success", "The records in the other form.")
  static let failure = Relationship(Relationship.failureName, "The content is not in the reader's form (`bad_data`); it is left unchanged.")

  package static let descriptor = ProcessorDescriptor(
    type: "ConvertRecord",
    summary: "Converts records between JSON and CSV.",
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
