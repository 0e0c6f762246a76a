import FlowCore
import StudyModel

/// Access to the history of runs outside a run.
package struct RunRecords: Sendable {
  private let folder: String
  private let database: String?
  private let environment: RuntimeEnvironment
  /// The history in a database server, once it has been opened; nil if each call opens its own.
  private let kept: Locked<(any RunHistory)?>?

  /// - Parameters:
  ///   - folder: path of the state folder.
  ///   - database: where the data are, as the flow's parameter says; a PostgreSQL database has the history of its runs. nil: where the last
  ///     run of the state folder kept it.
  ///   - keepsConnection: whether a history in a database server is opened once, for a process that reads it again and again.
  package init(folder: String, database: String? = nil, keepsConnection: Bool = false, on machine: Machine) {
    // A file may be replaced meanwhile; each call opens it anew.
    kept = keepsConnection && database.map { $0.hasPrefix("postgres") && $0.contains("://") } ?? false ? Locked(nil) : nil
    self.folder = folder
    self.database = database
    environment = machine.environment(run: "", flowSHA256: "")
  }

  /// The latest runs, newest first. Throws `Diagnostics` if the folder does not exist, and `StopRun`.
  package func runs(limit: Int) async throws -> [RunSummary] { try await open().runs(limit: limit) }

  /// The report of the run with the given id or unique prefix; nil selects the last run. Throws `Diagnostics` if no run
  /// or several match or the run has not finished, and `StopRun`.
  package func report(of run: String? = nil) async throws -> RunReport {
    do {
      if let report = try await open().report(run: run) { return report }
    } catch let problem as Diagnostic {
      throw Diagnostics([problem])
    }
    throw Diagnostics([Diagnostic(.unknownName, found: "there is no finished run\(run.map { " '\($0)'" } ?? "")", hint: "flowrun runs lists them")])
  }

  /// Where the runs of a flow keep their history, to be read; nil if none has begun yet. Throws `FileSystemError`.
  /// - Parameter folder: path of the state folder.
  package static func history(of graph: FlowGraph, folder: String, on machine: Machine) throws -> (any RunHistory)? {
    let environment = machine.toolEnvironment
    let location = ServiceCatalog.historyLocation(of: graph, environment)
    guard try location != nil || environment.fileSystem.status(folder) != nil else { return nil }
    return ServiceCatalog.runHistory(of: graph, in: folder, host: { "" }, environment)
  }

  /// Removes finished runs that began longer ago than `age`; returns how many.
  /// The ways of FlowFiles are removed after the same time, if not before.
  package func prune(olderThan age: Duration) async throws -> Int {
    let count = try await open().prune(olderThan: age)
    let ways = ProvenanceFolder(state: folder, environment.fileSystem), now = environment.time.now
    do {
      try await environment.lane("provenance").run { try ways.prune(now: now, olderThan: min(age, ProvenanceFolder.longest)) }
    } catch let error as FileSystemError {
      throw StopRun(.failed, .disk, "\(error); expected a writable state folder; make room or give access to it, or name another with --state")
    }
    return count
  }

  /// Removes finished runs as an act that the audit trails of the last run's databases tell, as far as these are still there.
  /// - Parameter warn: told when the end of the act cannot be recorded.
  package func prune(olderThan age: Duration, as act: AuditAct, warn: @escaping @Sendable (String) -> Void) async throws -> Int {
    let stores = try await open().report(run: nil)?.databases?.map { try ServiceCatalog.store(at: $0, environment) } ?? []
    var known: [any RecordStore] = []
    for store in stores {
      try await store.bringUpToDate(environment)
      if try await store.reading({ _ in true }) != nil { known.append(store) }
    }
    let audited = AuditedAct(act, flow: nil, flowSHA256: nil, stores: known, state: folder, environment, warn: warn)
    return try await audited.run { try await prune(olderThan: age) } outcome: { AuditOutcome("removed \($0) runs from the history") }
  }

  private func open() throws -> any RunHistory {
    guard try database != nil || environment.fileSystem.status(folder) != nil else {
      throw Diagnostics([
        Diagnostic(.unknownName, found: "there is no folder \(folder)", expected: "the history of a run: run a flow first, or name its --state")
      ])
    }
    if let known = kept?.withLock({ $0 }) { return known }
    let opened = try ServiceCatalog.runHistory(in: folder, database: database, environment)
    return kept?.withLock { kept in
      if let kept { return kept }
      kept = opened
      return opened
    } ?? opened
  }
}
