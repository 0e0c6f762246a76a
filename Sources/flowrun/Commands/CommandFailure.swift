import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyParticipants

/// Reports a command's error and maps it to an exit code.
enum CommandFailure {
  static func exiting<Result>(_ terminal: Terminal, _ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch {
      throw exitCode(for: error, terminal)
    }
  }

  static func exitCode(for error: any Error, _ terminal: Terminal) -> any Error {
    switch error {
    case is ExitCode, is ValidationError, is CleanExit: return error
    case let diagnostics as Diagnostics: for diagnostic in diagnostics.all { terminal.complain(diagnostic.description) }
    case let diagnostic as Diagnostic: terminal.complain(diagnostic.description)
    case CommandRefusal.heldByAnotherRun: terminal.complain("\(error)")
    case let error as ProcessorError where error.description.contains("error: "): terminal.complain(error.description)
    default: terminal.complain("error: \(error)")
    }
    return ExitCode(RunVerdict.exitCode(of: error))
  }

  /// Ends the process immediately, after a second signal during preparation.
  static func leave(by signal: Int32, _ terminal: Terminal) -> Never {
    terminal.complain("error: \(StopRun(bySignal: signal))")
    Flowrun.exit(withError: ExitCode.signalled(signal))
  }
}

extension ParticipantBatch {
  /// Does an act on the batch between its two entries of the audit trail.
  func audited<Value: Sendable>(
    _ act: AuditAct, _ options: FlowOptions, _ terminal: Terminal, _ body: () async throws -> Value, outcome: (Value) -> AuditOutcome
  ) async throws -> Value {
    try await AuditedAct(act, on: self, state: options.state, warn: terminal.complain).run(body, outcome: outcome)
  }

  /// The batch of a flow file with the given options.
  /// - Parameter connects: whether a raw storage on a server may be reached; then call `closeConnections` at the end.
  static func open(_ flow: String, _ options: FlowOptions, _ terminal: Terminal, connects: Bool = false) throws -> ParticipantBatch {
    let fileSystem = POSIXFileSystem()
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    return try ParticipantBatch(graph, on: connects ? .running(graph, fileSystem: fileSystem) : .here(fileSystem))
  }
}
