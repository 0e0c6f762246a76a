import ArgumentParser
import FlowCore
import FlowServices

/// The participants of a flow's batch, for commands that run no flow and, but for `authorize`, ask nobody.
struct ParticipantBatch: Sendable {
  let graph: FlowGraph
  let provider: OAuthProvider
  let services: ServiceDirectory
  let environment: RuntimeEnvironment

  var store: ParticipantStore { provider.store }
  /// The provider is the bundled one: participants of the batch are simulated ones.
  var isSimulated: Bool { provider.settings.isSimulated }

  /// Throws `Problems` for what the flow's services refuse, and for a flow without a batch.
  init(_ graph: FlowGraph, _ environment: RuntimeEnvironment) throws {
    let graph = Simulation.addressed(graph)
    services = try ServiceDirectory(graph, environment, sql: ToolEnvironment.sql)
    guard let service = services.providers.compactMap({ $0 as? any OAuthProviderService }).first else {
      throw Problem(
        file: graph.file, found: "the flow has no provider with participants", expected: "a service such as FitbitWebAPI",
        hint: "name a flow that collects participants' data, such as Flows/fitbit.yaml")
    }
    self.graph = graph
    self.environment = environment
    provider = service.core
  }

  /// The batch of a flow file, as the options name it.
  static func open(_ flow: String, _ options: FlowOptions, _ terminal: Terminal) throws -> ParticipantBatch {
    let fileSystem = POSIXFileSystem()
    let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options)
    return try ParticipantBatch(graph, ToolEnvironment.make(fileSystem))
  }

  /// Those of the names that the batch does not have, as problems.
  func unknown(_ names: [String]) async throws -> [Problem] {
    let known = try await store.list().map(\.name)
    return names.filter { !known.contains($0) }.map { name in
      Problem(
        subject: "participant '\(name)'", found: "there is no such participant in \(store.path)", expected: "one of its \(known.count) participants",
        hint: NearestName.hint(for: name, among: known))
    }
  }
}

/// Turns what a command threw into its message and exit code.
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
    case let problems as UsageProblems: for problem in problems.all { terminal.complain(problem.description) }
    case let problems as Problems: for problem in problems.all { terminal.complain(problem.description) }
    case let problem as Problem: terminal.complain(problem.description)
    case let error as ProcessorError where error.description.contains("error: "): terminal.complain(error.description)
    default: terminal.complain("error: \(error)")
    }
    return RunVerdict.exitCode(of: error)
  }

  /// Ends the process at once: the second signal before anything has begun.
  static func leave(by signal: Int32, _ terminal: Terminal) -> Never {
    terminal.complain("error: \(StoppedEarly(signal: signal))")
    Flowrun.exit(withError: ExitCode.signalled(signal))
  }
}
