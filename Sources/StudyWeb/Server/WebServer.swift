import FlowCore
import FlowRuntime
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The HTTP server of the study: checks every request, then lets the parts of the site answer it.
package struct WebServer: Sendable {
  package struct Listener: Sendable {
    /// The port in use, also where any free one was asked for.
    package var port: Int
    /// `http://127.0.0.1:8080`, without a path.
    package var url: String
  }

  /// For answers that are under way when the server ends.
  private static let endTime = Duration.seconds(2)

  private let gatekeeper: Gatekeeper
  private let parts: [any SitePart]
  private let counts: RequestCounts
  private let idleTime: Duration
  private let readerTime: Duration
  private let machine: Machine
  private let complain: @Sendable (String) -> Void
  private let note: @Sendable (String) -> Void

  /// - Parameters:
  ///   - parts: the first that has a page for a problem shows it.
  ///   - idleTime: for the header of the first request, and between two requests of a connection; by the machine's clock.
  ///   - readerTime: for a client that reads nothing of an answer; by the machine's clock.
  ///   - complain: an error that a person should see.
  ///   - note: one line for each request, without anything secret.
  package init(
    _ gatekeeper: Gatekeeper, parts: [any SitePart], counts: RequestCounts = RequestCounts(), idleTime: Duration = ServerLimits.idleTime,
    readerTime: Duration = ServerLimits.readerTime, on machine: Machine, complain: @escaping @Sendable (String) -> Void, note: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.gatekeeper = gatekeeper
    self.parts = parts
    self.counts = counts
    self.idleTime = idleTime
    self.readerTime = readerTime
    self.machine = machine
    self.complain = complain
    self.note = note
  }

  /// Serves until the task is cancelled; connections under way are then cut.
  /// - Parameter listening: called once connections are accepted.
  /// - Throws: `StopRun` (`unavailable`) if the address cannot be listened on.
  package func run(listening: @escaping @Sendable (Listener) async -> Void) async throws {
    let address = gatekeeper.rules.address
    let refused: @Sendable (WebProblem) -> Void = { [counts, note] problem in
      counts.note(problem.status.code)
      note("- - \(problem.status.code) 0 ms")
    }
    var configuration = HTTP1Channel.Configuration(
      additionalChannelHandlers: [UnreadableRequestHandler(refused: refused), SlowReaderHandler(patience: TimeAmount(readerTime))],
      idleTimeout: TimeAmount(idleTime))
    configuration.httpDecoder = .init(
      maxHeaderFieldSize: ServerLimits.headerBytes, maxHeaderListSize: ServerLimits.headerBytes, maxHeaderFieldCount: ServerLimits.headerCount)
    let logger = Logger(label: "flowrun.server") { [complain] _ in ServerLog(complain: complain) }
    let application = Application(
      router: router(), server: .http1(configuration: configuration),
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port), serverName: nil, backlog: 512,
        availableConnectionsDelegate: .maximum(ServerLimits.connections, logger: logger)),
      onServerRunning: { channel in 
        let port = channel.localAddress?.port ?? address.port
        await listening(Listener(port: port, url: "http://\(address.urlHost):\(port)"))
      }, logger: logger)
    var lifetime = ServiceGroupConfiguration(services: [application], logger: logger)
    lifetime.maximumGracefulShutdownDuration = Self.endTime
    let group = ServiceGroup(configuration: lifetime)
    // Not cancelled with this task: that would drop a connection between its acceptance and its handler, which the library answers by ending the
    // process. Nothing more is accepted first, and what is under way after a moment is cut.
    let serving = Task { try await group.run() }
    do {
      try await withTaskCancellationHandler {
        try await serving.value
      } onCancel: {
        Task { await group.triggerGracefulShutdown() }
      }
    } catch where Task.isCancelled {
      // What was cut at the end is no failure.
    } catch let error as IOError {
      throw Self.cannotListen(on: address, Self.words(ofErrno: error.errnoCode))
    } catch let error as SocketAddressError.UnknownHost {
      throw Self.cannotListen(on: address, "no address is known of '\(error.host)'; name one of this machine with --listen")
    }
  }

  private static func cannotListen(on address: ListenAddress, _ words: String) -> StopRun {
    StopRun(.unavailable, .connection, "cannot listen on \(address.urlHost):\(address.port): \(words)")
  }

  /// Why an address cannot be listened on, and what to do.
  static func words(ofErrno code: CInt) -> String {
    switch code {
    case EADDRINUSE: "another program listens there; end it, or name another port: --listen 127.0.0.1:0 takes any free one"
    case EACCES: "this user may not use the port; name one from 1024 on with --listen"
    case EADDRNOTAVAIL: "this machine has no such address; name one of its own with --listen"
    default: "\(String(cString: strerror(code))); name another address with --listen"
    }
  }

  /// The routes of all parts behind the checks.
  package func router() -> Router<WebContext> {
    let router = Router(context: WebContext.self, options: .autoGenerateHeadEndpoints)
    let problems = ProblemMiddleware(complain: complain) { [parts] problem, context in
      for part in parts { if let page = part.page(for: problem, in: context) { return page } }
      return nil
    }
    router.add(middleware: AnswerMiddleware(note: note, counts: counts, time: machine.time))
    router.add(middleware: problems)
    router.add(middleware: LimitMiddleware(time: machine.time))
    var rules = gatekeeper.rules
    rules.publicPaths += parts.flatMap(\.publicPaths)
    router.add(middleware: AccessMiddleware(gatekeeper: gatekeeper, rules: rules))
    router.add(middleware: problems)
    for part in parts { part.addRoutes(to: router) }
    OtherMethods.refuse(router)
    return router
  }
}

/// Passes on what the server's library finds wrong; what it says of single connections is left out, since clients cause it.
private struct ServerLog: LogHandler {
  let complain: @Sendable (String) -> Void
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.error

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    // The end of the server is no error of a connection.
    if !Task.isCancelled { complain("error: server: \(event.message)") }
  }
}
