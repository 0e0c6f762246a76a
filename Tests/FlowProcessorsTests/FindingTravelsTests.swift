import FlowCore
import FlowTesting
import StudyModel
import StudyProcessors
import Testing

@Suite("WriteRecords applies the finding of DedupeCheck")
struct FindingTravelsTests {
  private static let table = TableSchema(name: "samples", columns: [.init("instant", .instant), .init("value", .integer)], key: ["instant"])

  private let store = MemoryLedger()
  private let environment = RuntimeEnvironment.undriven()

  init() async throws { try await store.prepare(tables: [Self.table]) }

  private func processor<Type: Processor>(_ type: Type.Type) throws -> Type {
    let reader = PropertyReader(file: nil, subject: "test", compiler: NoExpressions(), services: ["db": [.recordStore]])
    let node = PropertyLiteral.map([("database", "db"), ("table", "samples"), ("key", ["instant"])]).node
    guard let values = reader.read(node, properties: Type.descriptor.properties) else { throw Diagnostics(reader.problems) }
    return try Type(
      ProcessorConfiguration(name: "test", values: values, environment: environment, services: ["db": store], tables: [Self.table]))
  }

  /// Passes one FlowFile to a processor; returns its output and relationship.
  private func send(_ flowFile: FlowFile, to processor: some Processor) async throws -> (flowFile: FlowFile, relationship: String) {
    let session = ProcessSession(processor: "test", environment: environment, host: TestSessionHost([flowFile]))
    try await processor.process(session)
    guard case .transferred(let sent, let relationship)? = session.dispositions.first else { throw Diagnostics([Diagnostic(.storedTable, found: "nothing was sent")]) }
    return (sent, relationship)
  }

  private static func batch(_ values: [Int64]) -> RecordBatch {
    RecordBatch(
      columns: [
        .init(name: "instant", values: .integer(values.indices.map { Int64($0) * 60 })), .init(name: "value", values: .integer(values)),
      ], count: values.count)
  }

  private func records(_ values: [Int64], fetched: Int64) -> FlowFile {
    FlowFile(
      id: FlowFileID(environment.random),
      attributes: [
        AttributeName.participant: "P0001", AttributeName.dataType: "heart", AttributeName.sliceStart: "1970-01-01T00:00:00Z",
        AttributeName.sliceEnd: "1970-01-02T00:00:00Z", AttributeName.fetchedAt: Instant(seconds: fetched).text,
        AttributeName.latestSync: "1970-01-02T00:00:00Z",
      ], content: .records(Self.batch(values)), lineage: LineageID(1), created: Instant(seconds: 0))
  }

  /// The result of the last write.
  private var last: SliceWriteResult { get throws { try #require(store.state.withLock { $0.written.last }) } }

  @Test("the table is compared once")
  func once() async throws {
    let check = try processor(DedupeCheck.self), writer = try processor(WriteRecords.self)
    _ = try await send(records([1, 2, 3], fetched: 1000), to: writer)
    #expect(try last.wasCompared)
    let checked = try await send(records([1, 9, 3, 4], fetched: 2000), to: check)
    #expect(checked.relationship == "changed")
    let sent = try await send(checked.flowFile, to: writer)
    #expect(sent.flowFile.finding == nil)
    #expect(try !last.wasCompared)
    #expect(try last.inserted == 1 && last.updated == 1 && last.unchanged == 2)
  }

  @Test("changed content has no finding and is compared")
  func otherContent() async throws {
    let check = try processor(DedupeCheck.self), writer = try processor(WriteRecords.self)
    _ = try await send(records([1, 2], fetched: 1000), to: writer)
    var checked = try await send(records([1, 9], fetched: 2000), to: check).flowFile
    let before = checked.sizeBytes
    checked.content = .records(Self.batch([7, 7]))
    #expect(checked.finding == nil)
    #expect(checked.sizeBytes < before)
    _ = try await send(checked, to: writer)
    #expect(try last.wasCompared && last.updated == 2)
  }
}
