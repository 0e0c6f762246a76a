import FlowCore
import FlowErrors
import FlowFileSystem
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import Testing

/// Rebuilding what a flow has collected.
extension WholeFlow {
  /// Makes rows and ledger again of the kept responses. The provider must not be asked.
  /// - Parameters:
  ///   - database: a file in the folder; that of the collection is `study.sqlite`.
  ///   - participants: patterns; nil for all.
  ///   - edited: changes the text of the flow.
  func rebuild(
    into database: String = "rebuilt.sqlite", seed: UInt64 = 9, participants: [String]? = nil,
    _ rebuild: RebuildRequest = RebuildRequest(), edited: (String) -> String = { $0 }
  ) throws -> WholeRun {
    // Long after the collection, each at a time of its own.
    let count = try fileSystem.names(in: folder.path).filter { $0.hasPrefix("rebuild-") }.count
    try fileSystem.makeFolder(folder.path("rebuild-\(count)"))
    let start = Self.firstStart + .seconds((400 + count) * 86_400)
    let executor = ManualExecutor(seed: seed, time: ManualTime(now: start))
    let machine = Machine(
      time: executor.time, random: SeededRandomSource(seed: seed), fileSystem: POSIXFileSystem(), transport: NoProvider(), executor: executor,
      lane: { _ in InlineLane(executor: executor) })
    var request = RunRequest(graph: try graph(database, edited), errors: folder.path("errors-\(database)"), state: folder.path("state"))
    request.rebuild = rebuild
    request.selection = ParticipantSelection(patterns: participants)
    try rebuild.check(request.graph)
    return try executor.run { [request] in await run(request, on: machine, start) }
  }

  /// What a rebuild must not change: everything, except when and by which run an object was processed.
  /// - Parameter leavingOut: further columns.
  func kept(in database: String = "study.sqlite", leavingOut: Set<String> = []) throws -> DatabaseImage {
    var image = try DatabaseImage(folder.path(database), leavingOut: leavingOut)
    image.rows["object_processed"] = try DatabaseImage(folder.path(database), leavingOut: leavingOut.union(["run", "time"])).rows["object_processed"]
    return image
  }

  /// The entries that a rebuild into a database has made.
  func entries(of database: String = "rebuilt.sqlite") async throws -> [StoredEntry] {
    try await ErrorFolder(folder: folder.path("errors-\(database)"), fileSystem: fileSystem, lane: InlineLane()).entries().entries
  }

  /// The files of the raw folder, of one participant or all, sorted.
  func objects(of participant: String = "") throws -> [String] {
    let enumerator = FileManager.default.enumerator(atPath: folder.path("raw"))
    return (enumerator?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix("\(participant).jsonl.zst") }.sorted().map { folder.path("raw/\($0)") }
  }
}

/// A provider that must not be asked.
private struct NoProvider: HTTPTransport {
  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    Issue.record("a rebuild asked \(request.method) \(request.url)")
    throw TransportError(.unreachable, "a rebuild asks nobody")
  }
}
