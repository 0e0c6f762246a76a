import FlowCore
import StudyModel

/// The history of runs for who looks at it beside a run.
package struct RunRecords: Sendable {
  private let folder: String
  private let environment: RuntimeEnvironment

  /// - Parameter folder: the state folder's path.
  package init(folder: String, on machine: Machine) {
    self.folder = folder
    environment = machine.environment(run: "", flowSHA256: "")
  }

  /// The latest runs, the latest first. Throws `Diagnostics` where there is no such folder, `StopRun`.
  package func runs(limit: Int) async throws -> [RunSummary] { try await open().runs(limit: limit) }

  /// What a run did, by its id or a prefix that only it has; nil: the last one. Throws `Diagnostics` where no run or several are named so, or
  /// it has not ended, `StopRun`.
  package func report(of run: String? = nil) async throws -> RunReport {
    do {
      if let report = try await open().report(run: run) { return report }
    } catch let problem as Diagnostic {
      throw Diagnostics([problem])
    }
    throw Diagnostics([Diagnostic(.unknownName, found: "there is no finished run\(run.map { " '\($0)'" } ?? "")", hint: "flowrun runs lists them")])
  }

  /// Forgets runs that began longer ago than `age` and have ended; how many.
  package func prune(olderThan age: Duration) async throws -> Int { try await open().prune(olderThan: age) }

  private func open() throws -> any RunHistory {
    guard try environment.fileSystem.status(folder) != nil else {
      throw Diagnostics([
        Diagnostic(.unknownName, found: "there is no folder \(folder)", expected: "the history of a run: run a flow first, or name its --state")
      ])
    }
    return ServiceCatalog.runHistory(in: folder, environment)
  }
}
