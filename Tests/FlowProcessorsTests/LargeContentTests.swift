import FlowCore
import FlowFileSystem
import FlowHTTP
import FlowTesting
import Foundation
import StudyModel
import Testing

@testable import FlowJSON
@testable import StudyProcessors

/// A content in a file has the effect of the same content in memory.
@Suite("Contents in files")
struct LargeContentTests {
  private let folder: TemporaryFolder
  private let contents: ContentFolder

  init() throws {
    folder = try TemporaryFolder()
    contents = ContentFolder(folder: folder.path("content"), run: "run-1", claimBytes: 1 << 10, fileSystem: POSIXFileSystem(), lane: InlineLane())
    try contents.prepare()
  }

  private func environment() -> RuntimeEnvironment {
    let environment = RuntimeEnvironment.undriven(fileSystem: POSIXFileSystem(), json: SimdJSONExtractor())
    environment.shared.put(contents)
    return environment
  }

  private func claim(_ text: String) throws -> Content {
    let path = try #require(contents.newPath())
    try POSIXFileSystem().writeDurably(Array(text.utf8), to: path)
    return .claim(contents.claim(path, sizeBytes: text.utf8.count))
  }

  private var files: [String] { get throws { try POSIXFileSystem().names(in: folder.path("content/run-1")).filter { $0 != "lock" } } }

  private static let mapping: [String: PropertyLiteral] = [
    "rows": "/dataset", "columns": ["date": ["kind": "date", "from": "date", "required": "true"], "value": ["kind": "integer", "from": "value", "maximum": "500"]],
  ]

  /// Two million bytes and more: several pieces.
  private static func document(_ change: (Int) -> String? = { _ in nil }) -> String {
    let padding = String(repeating: "p", count: 60)
    let rows = (0..<30_000).map { number in
      change(number) ?? "{\"date\":\"2026-01-0\(number % 3 + 4)\",\"value\":\(number % 200),\"padding\":\"\(padding)\"}"
    }
    return "{\"before\":{\"dataset\":[1]},\"dataset\":[\(rows.joined(separator: ",\n"))],\"after\":\"]\"}"
  }

  private static func attributes(days: Int) throws -> Attributes {
    let day: Int64 = 1_767_571_200
    let slices = (0..<days).map { PlannedSlice(start: day + Int64($0) * 86_400, end: day + Int64($0 + 1) * 86_400, zone: "UTC", isProvisional: false) }
    var flowFile = FlowFile(
      id: FlowFileID(SeededRandomSource(seed: 1)), attributes: ["participant": "P1"], lineage: LineageID(1), created: Instant(seconds: 0))
    try SliceAttributes.set(on: &flowFile, try #require(Array(SpanSequence(slices.makeIterator(), of: "daily", upTo: .days(9))).first))
    return flowFile.attributes
  }

  private struct Effect: Equatable {
    var relationships: [String]
    var records: [RecordBatch]
    var attributes: [[String: String]]
    var failures: [String]
    var counters: [String: Int64]
  }

  private func effect(of content: Content, days: Int) async throws -> Effect {
    let test = try ProcessorTest(ExtractRecords.self, Self.mapping, environment: environment())
    let outcome = await test.run([test.flowFile(try Self.attributes(days: days), content: content)])
    let flowFiles = ["success", "failure"].flatMap { name in outcome[name].map { (name, $0) } }
    return Effect(
      relationships: flowFiles.map(\.0), records: flowFiles.compactMap { if case .records(let batch) = $0.1.content { batch } else { nil } },
      attributes: flowFiles.map { $0.1.attributes.dictionary }, failures: flowFiles.compactMap { $0.1.failure?.message }, counters: outcome.counters)
  }

  @Test("rows, attributes, counts and failures are the same", arguments: [1, 2, 3], ["whole", "a wrong value", "no rows of these days", "broken off", "of another shape"])
  func extraction(days: Int, kind: String) async throws {
    let document =
      switch kind {
      case "a wrong value": Self.document { $0 == 17_000 ? "{\"date\":\"2026-01-05\",\"value\":900}" : nil }
      case "no rows of these days": Self.document { "{\"date\":\"2025-01-05\",\"value\":\($0)}" }
      case "broken off": String(Self.document().dropLast(20))
      case "of another shape": "{\"other\":\"\(String(repeating: "x", count: 2_000_000))\"}"
      default: Self.document()
      }
    let inMemory = try await effect(of: .bytes(Array(document.utf8)), days: days)
    #expect(try await effect(of: try claim(document), days: days) == inMemory)
    #expect(!inMemory.relationships.isEmpty)
    // Nothing points at the file any more.
    #expect(try files == [])
  }

  @Test("the response stays with its rows, for the error folder")
  func response() async throws {
    let test = try ProcessorTest(ExtractRecords.self, Self.mapping, environment: environment())
    let outcome = await test.run([test.flowFile(try Self.attributes(days: 1), content: try claim(Self.document()))])
    let claim = try #require(outcome["success"].first?.responseClaim)
    #expect(claim.sizeBytes == Self.document().utf8.count && FileManager.default.fileExists(atPath: claim.path))
  }

  @Test("a large answer goes from the socket into a file, a small one stays in memory", arguments: [100, 30_000])
  func answer(rows: Int) async throws {
    let body = Array("{\"dataset\":[\((0..<rows).map { "{\"value\":\($0)}" }.joined(separator: ","))]}".utf8)
    let server = try LoopbackServer { _ in [.send(LoopbackServer.response(fields: ["Content-Type: application/json"], body: body))] }
    let transport = CurlTransport(CurlTransport.Options(version: "test"))
    let path = try #require(contents.newPath())
    var request = HTTPRequest(url: server.url, download: path)
    request.downloadAfterBytes = 1 << 14
    let response = try await transport.send(request)
    try await transport.close()
    if rows == 100 {
      #expect(response.body == body && response.fileBytes == nil)
      #expect(try files == [])
    } else {
      #expect(response.body == [] && response.fileBytes == body.count)
      #expect(try POSIXFileSystem().read(path) == body)
    }
  }

  @Test("a run removes the folders of runs that are over, and leaves those of runs that live")
  func leftovers() throws {
    let fileSystem = POSIXFileSystem()
    try fileSystem.makeFolder(folder.path("content/run-0"))
    for file in ["lock", "1"] { try fileSystem.writeDurably([1], to: folder.path("content/run-0/\(file)")) }
    let other = ContentFolder(folder: folder.path("content"), run: "run-2", fileSystem: fileSystem, lane: InlineLane())
    try other.prepare()
    #expect(try fileSystem.names(in: folder.path("content")) == ["run-1", "run-2"])
    try other.close()
    try contents.close()
    #expect(try fileSystem.names(in: folder.path("content")) == [])
  }
}
