import FlowCore

/// Makes a slice of records of each FlowFile's `index`, of one of five participants, and sends it to one of four
/// tables in turn.
struct MakeRecords: Processor {
  static let tables = ["a", "b", "c", "d"]
  static let participantCount = 5
  static let rowsPerSlice = 4
  private static let start: Int64 = 1_767_225_600

  static let descriptor = ProcessorDescriptor(
    type: "MakeRecords", summary: "Makes a slice of records for each FlowFile.", properties: [],
    relationships: tables.map { Relationship($0, "Records of table \($0).") }, concurrency: 4,
    records: { _ in .produces(columns: [.init("instant", .instant), .init("value", .integer)]) })

  init(_ configuration: ProcessorConfiguration) throws {}

  func process(_ session: ProcessSession) async throws {
    guard var flowFile = session.get() else { return }
    guard let index = flowFile["index"].flatMap({ Int64($0) }) else { throw ProcessorError(.badData, "no index") }
    let turn = index / Int64(Self.participantCount)
    let table = Self.tables[Int(turn) % Self.tables.count]
    let start = Self.start + turn / Int64(Self.tables.count) * 60
    flowFile["participant"] = "P\(index % Int64(Self.participantCount))"
    flowFile["data_type"] = table
    flowFile["slice.start"] = Instant(seconds: start).text
    flowFile["slice.end"] = Instant(seconds: start + 60).text
    flowFile["latest_sync"] = Instant(seconds: start + 60).text
    flowFile["fetched_at"] = session.environment.time.now.text
    let instants = (0..<Self.rowsPerSlice).map { start + Int64($0) }
    flowFile.content = .records(
      RecordBatch(
        columns: [
          .init(name: "instant", values: .integer(instants)),
          .init(name: "value", values: .integer(.init(repeating: index, count: Self.rowsPerSlice))),
        ], count: Self.rowsPerSlice))
    session.transfer(flowFile, to: table)
  }
}
