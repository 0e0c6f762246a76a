import CCurl
import FlowCore

/// Performs all HTTP requests of the program on one libcurl multi handle.
///
/// The handle is confined to its own serial queue. While there are transfers, that queue waits for all of their sockets at once, so one thread
/// serves any number of transfers, and a response costs no hand-over between threads before it is complete. HTTP/2 is used if the server offers it over TLS. Connections are reused,
/// certificates are verified, redirects are not followed, and bodies are requested and decompressed in gzip. Loopback
/// never uses a proxy; other hosts use `http_proxy`, `https_proxy` and `no_proxy`.
///
/// If the server closed a reused connection without sending a byte of the response, libcurl repeats the request once.
/// The program must ignore SIGPIPE (`signal(SIGPIPE, SIG_IGN)` at startup).
package final class CurlTransport: HTTPTransport {
  package struct Options: Sendable {
    /// The version in the User-Agent field, after `flowrun/`.
    package var version: String
    /// The maximum number of concurrent connections and transfers. Further transfers are queued; their timeouts start
    /// when they do.
    package var maximumConnections: Int
    /// PEM file of certificate authorities, for networks that intercept TLS; nil: the system's.
    package var caFile: String?
    /// URL of a proxy for all hosts except loopback; nil: taken from the environment.
    package var proxy: String?

    package init(version: String, maximumConnections: Int = 64, caFile: String? = nil, proxy: String? = nil) {
      self.version = version
      self.maximumConnections = maximumConnections
      self.caFile = caFile
      self.proxy = proxy
    }
  }

  private let multi: QueueConfined<CurlMulti>
  private let inbox = Locked(CurlInbox())
  private let wakeUp = WakeUp()
  private let lastTarget = Locked<KnownTarget?>(nil)
  private let options: Options

  /// Returns at once: libcurl is initialised on the queue, before the first request.
  package init(_ options: Options) {
    precondition(options.maximumConnections > 0, "a transport needs at least one connection")
    self.options = options
    multi = QueueConfined(label: "flowrun.http", CurlMulti(maximumConnections: options.maximumConnections, wakeUp: wakeUp))
  }

  /// Sends a request. Cancelling the task ends the transfer at once (`TransportError` of kind `cancelled`).
  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let target = try target(of: request.url)
    try request.checkFields()
    let ticket = TransferTicket()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let transfer = PendingTransfer(
          request: request, target: target, options: options, ticket: ticket, continuation: continuation)
        command(.send(transfer))
      }
    } onCancel: {
      // The cancellation may reach the queue before the request does, which then fails because of the flag.
      ticket.isCancelled.withLock { $0 = true }
      command(.cancel(ticket))
    }
  }

  /// Ends running transfers (`TransportError` of kind `cancelled`) and closes every connection. Further requests fail.
  package func close() async throws {
    await withCheckedContinuation { command(.close($0)) }
  }

  /// Parses a URL, unless only its path differs from the last one: libcurl's parser costs more than a whole comparison.
  private func target(of url: String) throws -> RequestTarget {
    if let last = lastTarget.withLock({ $0 }), last.serves(url) { return last.target }
    let target = try RequestTarget(url)
    lastTarget.withLock { $0 = KnownTarget(url, target) }
    return target
  }

  private func command(_ command: CurlInbox.Command) {
    switch inbox.withLock({ $0.add(command) }) {
    case .start: multi.submit { [inbox] in $0.serve(inbox) }
    case .wake: wakeUp.signal()
    case .none: break
    }
  }
}

/// Identifies a transfer from its creation, so that it can be cancelled before the queue has started it.
final class TransferTicket: Sendable, Hashable {
  let isCancelled = Locked(false)

  static func == (left: TransferTicket, right: TransferTicket) -> Bool { left === right }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A request with the continuation that awaits its response.
struct PendingTransfer: Sendable {
  var request: HTTPRequest
  var target: RequestTarget
  var options: CurlTransport.Options
  var ticket: TransferTicket
  var continuation: CheckedContinuation<HTTPResponse, any Error>
}
