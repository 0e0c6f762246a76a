import FlowCore
import FlowExpression
import FlowFileSystem
import FlowHTTP
import FlowJSON
import Foundation
import StudyModel
import StudyParticipants

/// Everything a run uses of its machine: clock, random numbers, files, network, threads. A run has no other access to
/// the outside.
package struct Machine: Sendable {
  package var time: any TimeSource
  package var random: any RandomSource
  package var fileSystem: any FileSystem
  package var transport: any HTTPTransport
  /// Closes the connections of `transport`; called once at the end of the run.
  package var closeTransport: @Sendable () async throws -> Void
  package var executor: any TaskExecutor
  /// Makes a serial lane with the given label.
  package var lane: @Sendable (String) -> any Lane
  /// Value of an environment variable.
  package var variable: @Sendable (String) -> String?
  /// The host's name for expressions; the fully qualified one on request.
  package var hostName: @Sendable (_ isQualified: Bool) -> String = SystemFacts.hostName
  /// The host's address for expressions.
  package var address: @Sendable () -> String = SystemFacts.address
  /// The operating system's name of whoever the program runs for.
  package var user: @Sendable () -> String = SystemFacts.user
  /// Differs between hosts, and between two starts of one.
  package var hostID: @Sendable () -> String = SystemFacts.startID
  /// Whether runs can be watched from other processes, through a socket in their state folder.
  package var publishesRuns = false
  /// Whether runs keep the ways of their FlowFiles in the state folder.
  package var keepsProvenance = false
  /// Called at every boundary with a store; if it throws, the call fails with that error.
  package var faultPoint: StoreFaultPoint
  /// For tests: the store to use instead of one that the flow declares; nil for that one.
  package var store: StoreSubstitute.Make = { _, _ in nil }

  package init(
    time: any TimeSource, random: any RandomSource, fileSystem: any FileSystem, transport: any HTTPTransport,
    closeTransport: @escaping @Sendable () async throws -> Void = {}, executor: any TaskExecutor, lane: @escaping @Sendable (String) -> any Lane,
    variable: @escaping @Sendable (String) -> String? = { _ in nil }, faultPoint: @escaping StoreFaultPoint = { _ in }
  ) {
    self.time = time
    self.random = random
    self.fileSystem = fileSystem
    self.transport = transport
    self.closeTransport = closeTransport
    self.executor = executor
    self.lane = lane
    self.variable = variable
    self.faultPoint = faultPoint
  }

  /// The machine of this process. In a debug build a test may inject faults (`FaultInjection`).
  /// - Parameter transport: the default refuses all requests, for commands that run no flow.
  package static func here(
    _ fileSystem: any FileSystem = POSIXFileSystem(), transport: any HTTPTransport = NoTransport(),
    closeTransport: @escaping @Sendable () async throws -> Void = {}
  ) -> Machine {
    let boundaries = Boundaries(fileSystem: fileSystem, transport: transport)
    return Machine(
      time: DispatchTimeSource(), random: SystemRandomSource(), fileSystem: boundaries.fileSystem, transport: boundaries.transport,
      closeTransport: closeTransport, executor: DispatchExecutor(), lane: { DispatchLane(label: $0) },
      variable: { ProcessInfo.processInfo.environment[$0] }, faultPoint: boundaries.faultPoint)
  }

  /// This machine with the network access that a flow's providers need.
  package static func running(_ graph: FlowGraph, fileSystem: any FileSystem = POSIXFileSystem()) -> Machine {
    let transport = CurlTransport(TransportOptions.make(graph))
    var machine = here(fileSystem, transport: transport, closeTransport: { try await transport.close() })
    machine.publishesRuns = true
    machine.keepsProvenance = true
    return machine
  }

  /// The clock, random numbers and host of a flow's expressions, with a `nextInt()` counter of their own.
  package var expressions: ExpressionEnvironment {
    ExpressionEnvironment(
      now: { [time] in time.now.milliseconds }, random: { [random] in random.next() }, uuid: { [random] in FlowFileID(random).text },
      hostName: hostName, address: address)
  }

  /// The environment of commands that run no flow.
  package var toolEnvironment: RuntimeEnvironment { environment(run: "", flowSHA256: "") }

  /// The environment of a run's processors and services.
  func environment(
    run: String, flowSHA256: String, selection: ParticipantSelection = .all,
    log: @escaping @Sendable (_ message: String, _ metadata: [String: String]) -> Void = { _, _ in }
  ) -> RuntimeEnvironment {
    let environment = RuntimeEnvironment(
      time: time, random: random, fileSystem: fileSystem, transport: transport, json: SimdJSONExtractor(), executor: executor, lane: lane,
      run: run, flowSHA256: flowSHA256, variable: variable, log: log)
    environment.shared.put(selection)
    environment.shared.put(LeaseParties(host: { [hostName] in hostName(false) }, hostID: hostID))
    environment.shared.put(StoreSubstitute(make: store))
    environment.shared.put(author)
    environment.shared.put(ServiceCatalog.recordQueries(lane: lane, time: time))
    return environment
  }
}

extension Machine {
  /// Whoever the program runs for; where `sudo` has made that root, also who called it.
  private var author: AuditAuthor {
    let name = user(), caller = variable("SUDO_USER") ?? ""
    return AuditAuthor(user: name == "root" && !caller.isEmpty && caller != name ? "\(name) (sudo by \(caller))" : name, host: hostName(false))
  }
}

/// Stores used instead of those that a flow declares.
package struct StoreSubstitute: Sendable {
  package typealias Make = @Sendable (_ service: String, RuntimeEnvironment) -> (any RecordStore)?
  let make: Make
}

/// Refuses every request; for commands that only read.
package struct NoTransport: HTTPTransport {
  package init() {}

  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    throw TransportError(.connection, "this command makes no request")
  }
}
