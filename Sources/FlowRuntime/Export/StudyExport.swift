import FlowCore
import FlowExport
import FlowObjects
import StudyModel

/// Exports the tables of a flow's database.
package struct StudyExport: Sendable {
  package let graph: FlowGraph
  /// A folder's path, or `s3://BUCKET/PREFIX`.
  package let target: String
  package var layout: ExportLayout
  package var format: ExportFormat
  package var selection: ParticipantSelection
  package var window: ExportWindow
  /// The state folder, in which unfinished files are.
  package let state: String
  private let machine: Machine
  private let environment: RuntimeEnvironment

  package init(
    graph: FlowGraph, target: String, layout: ExportLayout, format: ExportFormat, selection: ParticipantSelection, window: ExportWindow, state: String,
    on machine: Machine
  ) {
    self.graph = graph
    self.target = target
    self.layout = layout
    self.format = format
    self.selection = selection
    self.window = window
    self.state = state
    self.machine = machine
    environment = machine.toolEnvironment
  }

  /// Throws `Diagnostic` and `Diagnostics` before anything is written: for a flow without a database, one that no run has filled, patterns that
  /// match nobody, and a target that cannot be used or holds another export; `StopRun` and `ProcessorError` for what fails later.
  /// - Parameters:
  ///   - run: the command that creates a first database.
  ///   - progress: called at most five times a second.
  package func run(run: String, progress: @escaping @Sendable (Export.Progress) -> Void = { _ in }) async throws -> Export.Outcome {
    try await withClosing {
      do {
        return try await write(run: run, progress)
      } catch let error as ObjectStorageError {
        throw Self.translated(error)
      } catch let error as FileSystemError {
        throw StopRun(.failed, .disk, "the export has stopped: \(error); what is in the target is whole: free space or check the folder, and repeat the export")
      }
    } close: {
      try await machine.closeTransport()
    }
  }

  private func write(run: String, _ progress: @escaping @Sendable (Export.Progress) -> Void) async throws -> Export.Outcome {
    let storage = try ObjectStorages.make(target, environment: environment)
    let (service, store) = try store()
    let request = ExportRequest(
      flow: graph.name, flowSHA256: graph.sha256, version: Version.text, layout: layout, format: format,
      tables: graph.tableUses().filter { $0.service == service }.map(\.table), selection: selection, window: window)
    let export = Export(request, to: storage, scratch: "\(state)/export", environment)
    let shown = Locked<Duration?>(nil), time = environment.time
    let outcome = try await store.reading { reader in
      try await export.run(reader) { state in
        let isDue = shown.withLock { shown in
          let now = time.monotonic
          if let last = shown, now - last < ProgressTicker.usual { return false }
          shown = now
          return true
        }
        if isDue { progress(state) }
      }
    }
    guard let outcome else {
      throw Diagnostic(
        .unknownName, subject: "database '\(store.location)'", found: "no run has collected anything into it", expected: "the database of an earlier run",
        hint: "run the flow first: \(run)")
    }
    return outcome
  }

  private func store() throws -> (name: String, store: any RecordStore) {
    let stores = try ServiceCatalog.stores(of: graph, environment)
    guard let first = stores.first, stores.count == 1 else {
      throw Diagnostic(
        .unsuitableFlow, file: graph.file, found: stores.isEmpty ? "the flow has no database" : "the flow has \(stores.count) databases",
        expected: "one service of type \(DatabaseDeclaration.descriptor.type), whose tables are exported")
    }
    return first
  }

  private static func translated(_ error: ObjectStorageError) -> any Error {
    switch error.kind {
    case .away: ProcessorError(.connection, "the target does not answer: \(error.message)")
    case .disk: StopRun(.failed, .disk, error.message)
    case .denied, .invalid, .notFound, .conflict:
      Diagnostic(.objectLocation, subject: "the target of the export", found: error.message, expected: "a folder or bucket that may be read and written")
    }
  }
}
