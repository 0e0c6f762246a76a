import FlowCore
import FlowFileSystem
import FlowObjects
import FlowTesting
import Foundation
import StudyModel
import StudyObjects
import Testing

@Suite("Rows as objects in a folder")
struct RecordObjectsTests {
  private static let table = TableSchema(
    name: "steps", columns: [.init("instant", .instant), .init("utc_offset", .offset), .init("value", .integer), .init("note", .text)], key: ["instant"])

  private let folder: TemporaryFolder
  private let environment: RuntimeEnvironment

  init() throws {
    folder = try TemporaryFolder()
    environment = RuntimeEnvironment.undriven(fileSystem: POSIXFileSystem())
    let path = folder.path("state/contents")
    let contents = environment.shared.value { [environment] in
      ContentFolder(folder: path, run: environment.run, fileSystem: environment.fileSystem, lane: environment.lane("contents"))
    }
    try contents.prepare()
  }

  private func objects(_ location: String? = nil) async throws -> RecordObjects {
    let objects = RecordObjects(values: PropertyValues(["url": location ?? folder.path("warehouse")]), environment: environment)
    try await objects.prepare()
    return objects
  }

  private static func batch(_ values: [Int64]) -> RecordBatch {
    RecordBatch(
      columns: [
        .init(name: "instant", values: .integer(values.indices.map { 1_767_571_200 + Int64($0) * 900 })),
        .init(name: "utc_offset", values: .integer(values.map { _ in 0 })), .init(name: "value", values: .integer(values)),
      ], count: values.count)
  }

  private static func object(_ values: [Int64], replaces: Bool = true, key: String = "steps/day=2026-01-05/P1.parquet") -> RecordObject {
    RecordObject(key: key, table: table, participant: "P1", batch: batch(values), metadata: [("flowrun.table", "steps")], replaces: replaces)
  }

  private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: folder.path("warehouse/steps/day=2026-01-05/P1.parquet")))) }

  @Test("the latest rows are in the object, and the same rows give the same bytes")
  func replaced() async throws {
    let objects = try await objects()
    let location = try await objects.put(Self.object([1, 2, 3]))
    #expect(location == folder.path("warehouse/steps/day=2026-01-05/P1.parquet"))
    let first = try bytes()
    #expect(first.starts(with: Array("PAR1".utf8)) && first.suffix(4) == Array("PAR1".utf8)[...])
    _ = try await objects.put(Self.object([4]))
    #expect(try bytes() != first)
    _ = try await objects.put(Self.object([1, 2, 3]))
    #expect(try bytes() == first)
    // No rows are a file, too.
    _ = try await objects.put(Self.object([]))
    let empty = try bytes()
    #expect(empty != first && empty.starts(with: Array("PAR1".utf8)))
    let left = try POSIXFileSystem().names(in: folder.path("state/contents/\(environment.run)"))
    #expect(left == ["lock"], "no file is left behind")
    try await objects.close()
  }

  @Test("an answer that is not finished is put only where nothing is")
  func unfinished() async throws {
    let objects = try await objects()
    _ = try await objects.put(Self.object([1], replaces: false))
    let first = try bytes()
    _ = try await objects.put(Self.object([2], replaces: false))
    #expect(try bytes() == first)
    _ = try await objects.put(Self.object([3]))
    #expect(try bytes() != first)
    try await objects.close()
  }

  @Test("a key that leads elsewhere is bad data; a folder that may not be written stops the run", arguments: ["../elsewhere", "", "a//b"])
  func badKey(_ key: String) async throws {
    let objects = try await objects()
    let error = await #expect(throws: ProcessorError.self) { _ = try await objects.put(Self.object([1], key: key)) }
    #expect(error?.failure.cause == .badData)
    try await objects.close()
  }

  @Test("without an address nothing is kept")
  func off() async throws {
    let objects = RecordObjects(values: PropertyValues(["url": ""]), environment: environment)
    try await objects.prepare()
    #expect(!objects.isOn)
    try await objects.close()
  }

  @Test("an address of another scheme is refused before anything starts")
  func badAddress() async throws {
    await #expect(throws: Diagnostics.self) { try await objects("gs://bucket") }
  }
}
