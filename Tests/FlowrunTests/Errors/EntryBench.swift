import FlowCore
import FlowDefinition
import FlowErrors
import FlowFileSystem
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants

@testable import FlowRuntime
@testable import flowrun

/// A shipped flow and entries of its error folder, written and read as a run does.
struct EntryBench {
  static let heartWay = [
    "read token file", "refresh token", "get latest sync", "slice time range", "invoke heart", "extract heart", "check heart", "write heart",
  ]

  let graph: FlowGraph
  private let folder: TemporaryFolder

  init(flow: String = "fitbit", _ parameters: [String: String] = [:]) throws {
    let path = BuiltBinary.flow(flow)
    let given = parameters.merging(["api": "http://127.0.0.1:1", "client_id": "study"]) { given, _ in given }
    graph = try FlowCatalog.loader(on: .here()).load(
      bytes: Array(try Data(contentsOf: URL(filePath: path))), file: path, given: given.mapValues { ParameterValue(text: $0, isFromFile: false) }
    ) { _ in nil }.get()
    folder = try TemporaryFolder()
  }

  var path: String { folder.path("errors") }
  var errors: ErrorFolder { ErrorFolder(folder: folder.path("errors"), fileSystem: POSIXFileSystem(), lane: InlineLane()) }

  /// An entry of a slice of heart rate, unless the attributes say otherwise.
  func entry(
    at processor: String, _ cause: Cause, response: [UInt8]? = nil, content: Content = .empty, flowSHA256: String? = nil,
    attributes: Attributes = EntryBench.slice(), run: String = "run-1", belonging: EntryBelonging = EntryBelonging(), seconds: Int64 = 1_780_000_000
  ) async throws -> StoredEntry {
    let random = SystemRandomSource()
    var flowFile = FlowFile(
      id: FlowFileID(random), attributes: attributes, content: content, lineage: LineageID(1), created: Instant(seconds: seconds))
    flowFile.response = response
    let way = Self.heartWay.prefix { $0 != processor } + [processor]
    let sink = ErrorFolder(
      folder: folder.path("errors"), fileSystem: POSIXFileSystem(), lane: InlineLane(), belonging: { _ in belonging })
    try await sink.write(
      ErrorEntry(
        flow: graph.name, run: run, flowFile: flowFile, lineage: [flowFile.id.text], way: Array(way), processor: processor,
        processorType: graph.index(of: processor).map { graph.processors[$0].descriptor.type } ?? "Gone", relationship: "failure",
        failure: FlowFileFailure(cause: cause, message: "no sense"), flowSHA256: flowSHA256 ?? graph.sha256, time: Instant(seconds: seconds)))
    let all = try await errors.entries().entries
    guard let entry = all.first(where: { $0.document.uuid == flowFile.id.text }) else { throw Diagnostic(.unknownName, found: "the entry is not there") }
    return entry
  }

  static func slice(_ start: String = "2026-03-08T00:00:00Z", to end: String = "2026-03-09T00:00:00Z", of participant: String = "P0001") -> Attributes {
    ["participant": participant, "data_type": "intraday-heart-rate", "slice.start": start, "slice.end": end]
  }
}

extension StoredEntry {
  /// The same as a version wrote it that noted neither the way nor whose it is.
  var ofEarlierVersion: StoredEntry {
    var entry = self
    entry.document.way = nil
    entry.document.database = nil
    entry.document.provider = nil
    return entry
  }
}
