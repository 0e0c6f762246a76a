import FlowCore
import FlowDefinition
import FlowSQLite
import FlowTesting

@testable import FlowProcessors

/// Tests of a processor of records, with SQLite for its queries and a double for the flow's database.
protocol RecordProcessorSuite {}

extension RecordProcessorSuite {
  func text(_ flowFile: FlowFile?) -> String? {
    guard case .bytes(let bytes) = flowFile?.content else { return flowFile == nil ? nil : "" }
    return String(decoding: bytes, as: UTF8.self)
  }

  func test(_ type: any Processor.Type, _ properties: [String: PropertyLiteral], _ database: MemorySQLDatabase? = nil) throws -> ProcessorTest {
    let environment = RuntimeEnvironment.undriven()
    environment.shared.put(SQLiteRecordQueries.make(lane: { _ in InlineLane() }, time: environment.time))
    return try ProcessorTest(
      type, properties.merging(database == nil ? [:] : ["database": "db"]) { $1 }, services: database.map { ["db": $0] } ?? [:],
      compiler: CompiledExpressions(parameters: []), environment: environment)
  }
}
