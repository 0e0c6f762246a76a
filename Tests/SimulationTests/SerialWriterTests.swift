import FlowCore
import FlowDefinition
import FlowEngine
import FlowFileSystem
import FlowProcessors
import FlowRuntime
import FlowSQLite
import FlowTesting
import Foundation
import GRDB
import StudyModel
import StudyParticipants
import StudyProcessors
import Testing

@Suite("One writer, many readers", .serialized)
struct SerialWriterTests {
  /// ThreadSanitizer makes each many times dearer, and sees a race in the first few.
  private static let count = ProcessInfo.processInfo.environment["FLOWRUN_SANITIZED"] == nil ? 10_000 : 800

  @Test(
    "10,000 FlowFiles are looked up and written side by side; nobody finds the database busy, nothing is lost",
    .timeLimit(.minutes(10)))
  func sideBySide() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path("study.sqlite")
    let graph = try Self.graph(database: path)
    let executor = DispatchExecutor()
    let environment = RuntimeEnvironment(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: POSIXFileSystem(),
      transport: ScriptedTransport(answers: []), json: NoRecordExtractor(), executor: executor,
      lane: { DispatchLane(label: $0) }, run: "run", flowSHA256: graph.sha256)
    let errors = MemoryErrorSink()
    let services = try ServiceDirectory(graph, environment)
    try await services.prepare(isSimulated: false)
    let flow = Flow(graph: graph, processors: try services.makeProcessors(graph, environment), environment: environment, errors: errors)
    let result = await flow.run()
    try await services.close()

    #expect(errors.entries.map(\.failure.message) == [])
    #expect(result.stopped == nil)
    #expect(result.flowfiles.created == Self.count)
    #expect(result.flowfiles.finished == Self.count)
    #expect(result.processors.map(\.retried).reduce(0, +) == 0)
    try Self.checkTables(path)
  }

  private static func checkTables(_ path: String) throws {
    let queue = try DatabaseQueue(path: path)
    let slicesPerTable = count / MakeRecords.tables.count
    func number(_ sql: String) throws -> Int? { try queue.read { try Int.fetchOne($0, sql: sql) } }
    for table in MakeRecords.tables {
      #expect(try number("SELECT count(*) FROM table_\(table)") == slicesPerTable * MakeRecords.rowsPerSlice)
      let whole = "data_type = '\(table)' AND state = 'written' AND rows = \(MakeRecords.rowsPerSlice)"
      #expect(try number("SELECT count(*) FROM slice WHERE \(whole)") == slicesPerTable)
    }
  }

  private static func graph(database: String) throws -> FlowGraph {
    let branches = MakeRecords.tables.map { table in
      """
        - name: check \(table)
          type: DedupeCheck
          properties: { database: database, table: table_\(table), key: [instant] }
          to: { distinct: write \(table), changed: errors, duplicate: errors, failure: errors }
        - name: write \(table)
          type: WriteRecords
          properties: { database: database, table: table_\(table), key: [instant] }
          to: { success: drop, failure: errors }
      """
    }
    let text = """
      flow: writers
      services:
        database: { type: Database, path: "\(database)" }
      processors:
        - name: generate
          type: GenerateFlowFile
          properties: { count: \(count), attributes: { index: "${index}" } }
          to: { success: make }
        - name: make
          type: MakeRecords
          to: { \(MakeRecords.tables.map { "\($0): check \($0)" }.joined(separator: ", ")) }
      \(branches.joined(separator: "\n"))
      """
    let loader = FlowLoader(
      processors: ProcessorCatalog(BuiltinProcessors.all + [MakeRecords.self]), services: [DatabaseDeclaration.descriptor]
    ) { CompiledExpressions(parameters: $0) }
    return try loader.load(bytes: Array(text.utf8), file: "writers.yaml").get()
  }
}
