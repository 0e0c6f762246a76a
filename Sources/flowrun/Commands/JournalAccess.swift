import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants

/// Opens the history of runs for the commands that only read it.
struct JournalAccess {
  private let options: FlowOptions
  private let terminal: Terminal

  init(_ options: FlowOptions, _ terminal: Terminal) {
    self.options = options
    self.terminal = terminal
  }

  func open() throws -> any RunHistory {
    let fileSystem = POSIXFileSystem()
    guard try fileSystem.status(options.state) != nil else {
      terminal.complain("error: there is no folder \(options.state); expected the history of a run: run a flow first, or name its --state")
      throw ExitCode.usage
    }
    return ServiceCatalog.runHistory(in: options.state, ToolEnvironment.make(fileSystem))
  }

  /// The report of a run, by its id or a prefix that only it has; the last one if nil. Exits with 64 where there is none.
  func report(of run: String?) async throws -> RunReport {
    let report: RunReport?
    do {
      report = try await open().report(run: run)
    } catch let problem as Diagnostic {
      terminal.complain(problem.description)
      throw ExitCode.usage
    }
    guard let report else {
      terminal.complain("error: there is no finished run\(run.map { " '\($0)'" } ?? ""); flowrun runs lists them")
      throw ExitCode.usage
    }
    return report
  }
}
