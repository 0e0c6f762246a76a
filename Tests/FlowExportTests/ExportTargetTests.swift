import FlowBase
import FlowCore
import FlowFileSystem
import FlowHTTP
import FlowObjects
import FlowTesting
import Foundation
import StudyModel
import Testing

@testable import FlowExport

@Suite("Exports as others read them", .enabled(if: PythonTools.mayRun, "\(PythonTools.remedy)"))
struct ExportTargetTests {
  typealias Bench = ExportBench

  @Test("pyarrow and DuckDB read from the Parquet files what Python reads from the database, type by type", .timeLimit(.minutes(5)))
  func readBack() async throws {
    let bench = try await Bench(.sqlite)
    try await bench.fill()
    try await bench.export(.flowrun, .parquet)
    try await bench.export(.flowrun, .csv, to: "csv")
    let tables = Bench.tables.map { table in
      "{\"name\":\"\(table.name)\",\"key\":\(table.key),\"columns\":{\(table.columns.map { "\"\($0.name)\":\"\($0.kind.rawValue)\"" }.joined(separator: ","))}}"
    }
    let answer = try await PythonTools.run(
      "Tests/FlowExportTests/Scripts/compare.py", [bench.fixture.path + "/study.sqlite", bench.fixture.path + "/target", bench.fixture.path + "/csv"],
      input: Array("[\(tables.joined(separator: ","))]".utf8))
    #expect(String(decoding: answer, as: UTF8.self) == "[]\n")
  }

  private struct Greeting: Decodable {
    struct User: Decodable {
      var key: String
      var secret: String
    }
    var endpoint: String
    var bucket: String
    var writer: User
  }

  @Test("a bucket holds the same bytes as a folder, also after a second export with other rows", .timeLimit(.minutes(5)))
  func bucket() async throws {
    let server = try await PythonTools.serve("Tests/FlowObjectsTests/Scripts/s3_server.py")
    let greeting = try JSONDecoder().decode(Greeting.self, from: Data(server.greeting.utf8))
    let variables = ["AWS_ACCESS_KEY_ID": greeting.writer.key, "AWS_SECRET_ACCESS_KEY": greeting.writer.secret, "AWS_ENDPOINT_URL": greeting.endpoint]
    let environment = RuntimeEnvironment(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: POSIXFileSystem(), transport: CurlTransport(.init(version: "test")),
      json: NoRecordExtractor(), executor: DispatchExecutor(label: "test"), lane: { DispatchLane(label: $0) }, run: "", flowSHA256: "", variable: { variables[$0] })
    let storage = try ObjectStorages.make("s3://\(greeting.bucket)/export", environment: environment)
    let bench = try await Bench()
    try await bench.fill()
    for round in 0..<2 {
      try await bench.export(.flowrun, .parquet)
      try await bench.export(to: storage, .flowrun, .parquet)
      let folder = try bench.files()
      #expect(try await storage.list("").map(\.key) == folder.keys.sorted())
      for (key, bytes) in folder {
        let fetched = try await storage.fetch(key, scratch: bench.fixture.path + "/scratch")
        #expect(try bench.fixture.fileSystem.read(fetched.path) == bytes, "round \(round): \(key)")
        try await fetched.remove()
      }
      _ = try await bench.store.erase(participant: "P0002")
    }
  }
}
