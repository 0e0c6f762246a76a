import FlowCore
import FlowJSON
import FlowTesting
import Foundation
import StudyModel
import StudyProcessors
import Testing

/// Creates an ExtractRecords from a mapping's text and runs it on FlowFiles.
struct ExtractRecordsBench {
  struct Outcome {
    var relationship: String
    var flowFile: FlowFile
    var counters: [String: Int64]
    var batch: RecordBatch? { if case .records(let batch) = flowFile.content { batch } else { nil } }
    var message: String { flowFile.failure?.message ?? "" }
  }

  private let processor: ExtractRecords
  private let environment: RuntimeEnvironment
  let columns: [TableSchema.Column]
  /// The run's report about columns without a value.
  var emptyColumns: [Bulletin] { environment.columns.bulletins }

  /// Throws `Diagnostics` for an invalid mapping.
  init(_ mapping: String) throws { try self.init(values: ExtractRecordsBench.values(mapping)) }

  /// A processor of a shipped flow.
  init(flow: String, processor: String, _ parameters: [String: String] = [:]) throws {
    let graph = try ShippedFlow.load(flow, parameters)
    try self.init(values: graph.processors[try #require(graph.index(of: processor))].values)
  }

  init(values: PropertyValues) throws {
    environment = RuntimeEnvironment(
      time: DispatchTimeSource(), random: SeededRandomSource(seed: 1), fileSystem: NoFiles(), transport: NoNetwork(),
      json: SimdJSONExtractor(), executor: DispatchExecutor(), lane: { _ in InlineLane() }, run: "run", flowSHA256: "")
    processor = try ExtractRecords(
      ProcessorConfiguration(name: "extract", values: values, environment: environment, services: [:]))
    guard case .produces(let columns)? = ExtractRecords.descriptor.records?(values) else {
      throw Diagnostics([Diagnostic(.noRecords, found: "no columns are declared")])
    }
    self.columns = columns
  }

  /// A mapping of the fixtures.
  init(fixture: String) throws { try self.init(Fixture.text("mappings/\(fixture).yaml")) }

  /// Reads the properties like the loader; throws `Diagnostics`.
  static func values(_ mapping: String) throws -> PropertyValues {
    let reader = PropertyReader(
      file: nil, subject: "ExtractRecords 'extract'", compiler: NameCompiler(), services: [:])
    let node = try MappingText.node(mapping)
    guard let values = reader.read(node, properties: ExtractRecords.descriptor.properties) else {
      throw Diagnostics(reader.problems)
    }
    return values
  }

  func run(_ content: Content, _ attributes: Attributes = [:]) async throws -> Outcome {
    let flowFile = FlowFile(
      id: FlowFileID(environment.random), attributes: attributes, content: content, lineage: LineageID(1),
      created: environment.time.now)
    let session = ProcessSession(processor: "extract", environment: environment, host: TestSessionHost([flowFile]))
    try await processor.process(session)
    try session.checkComplete()
    let disposition = try #require(session.dispositions.first)
    guard case .transferred(let transferred, let relationship) = disposition, session.dispositions.count == 1 else {
      throw Diagnostics([Diagnostic(.noRecords, found: "\(session.dispositions)", expected: "one transfer")])
    }
    return Outcome(relationship: relationship, flowFile: transferred, counters: session.counters)
  }

  /// Every FlowFile that leaves, by relationship, and the counters.
  func runAll(_ json: String, _ attributes: Attributes) async throws -> (sent: [String: [FlowFile]], counters: [String: Int64]) {
    let flowFile = FlowFile(
      id: FlowFileID(environment.random), attributes: attributes, content: .bytes(Array(json.utf8)), lineage: LineageID(1), created: environment.time.now)
    let session = ProcessSession(processor: "extract", environment: environment, host: TestSessionHost([flowFile]))
    try await processor.process(session)
    try session.checkComplete()
    var sent: [String: [FlowFile]] = [:]
    for case .transferred(let flowFile, let relationship) in session.dispositions { sent[relationship, default: []].append(flowFile) }
    return (sent, session.counters)
  }

  func run(_ json: String, _ attributes: Attributes = [:]) async throws -> Outcome {
    try await run(.bytes(Array(json.utf8)), attributes)
  }

  func run(payload: String, _ attributes: Attributes = [:]) async throws -> Outcome {
    try await run(.bytes(Fixture.bytes("payloads/\(payload)")), attributes)
  }
}

/// Files of the folder `Fixtures/Records`.
enum Fixture {
  static func bytes(_ path: String) throws -> [UInt8] {
    let folder = try #require(Bundle.module.resourceURL).appending(path: "Fixtures/Records")
    return Array(try Data(contentsOf: folder.appending(path: path)))
  }
  static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }
}

/// Supports a literal and `${name}`, each as the whole text.
private struct NameCompiler: ExpressionCompiler {
  struct Compiled: AttributeExpression {
    var text: String
    var name: String? { text.hasPrefix("${") && text.hasSuffix("}") ? String(text.dropFirst(2).dropLast()) : nil }
    func evaluate(_ flowFile: FlowFile) -> String { name.map { flowFile[$0] ?? "" } ?? text }
    func isTrue(for flowFile: FlowFile) -> Bool { false }
    var literal: String? { name == nil ? text : nil }
    var attributeNames: Set<String> { name.map { [$0] } ?? [] }
  }
  func compile(_ text: String) -> any AttributeExpression { Compiled(text: text) }
}

private struct InlineLane: Lane {
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result { try body() }
}

private struct NoNetwork: HTTPTransport {
  func send(_ request: HTTPRequest) async throws -> HTTPResponse { throw TransportError(.connection, "no network here") }
}

private struct NoFiles: FileSystem {
  private func none(_ operation: String, _ path: String) -> FileSystemError {
    FileSystemError(operation: operation, path: path, errno: 2, reason: "no files here")
  }
  func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 { throw none("open", path) }
  func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] { throw none("read", path) }
  func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws { throw none("write", path) }
  func synchronize(_ descriptor: Int32, path: String) throws { throw none("synchronize", path) }
  func close(_ descriptor: Int32) {}
  func rename(_ source: String, to destination: String) throws { throw none("rename", source) }
  func removeFile(_ path: String) throws { throw none("remove", path) }
  func removeFolder(_ path: String) throws { throw none("remove", path) }
  func makeFolder(_ path: String) throws { throw none("make", path) }
  func names(in folder: String) throws -> [String] { throw none("list", folder) }
  func status(_ path: String) throws -> FileStatus? { throw none("read the status of", path) }
  func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool { throw none("lock", path) }
  func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws { throw none("unlock", path) }
  func freeBytes(at path: String) throws -> Int64 { throw none("measure", path) }
  func isNetworkFileSystem(_ path: String) throws -> Bool { throw none("read the status of", path) }
}

extension RecordBatch {
  /// Rows as text for comparison, `∅` for NULL.
  var lines: [String] {
    (0..<count).map { row in
      columns.map { column in
        if column.isNull?[row] == true { return "∅" }
        return switch column.values {
        case .integer(let values): String(values[row])
        case .real(let values): String(values[row])
        case .text(let values): values[row]
        }
      }.joined(separator: " | ")
    }
  }
}
