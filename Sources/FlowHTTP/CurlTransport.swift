import CCurl
import FlowCore

/// Carries every HTTP request of the program on one libcurl multi handle.
///
/// The handle lives on a serial queue of its own and is driven by readiness events and one timer: no thread waits for a response,
/// however many transfers are under way. HTTP/2 where the server offers it over TLS, connections are kept and reused, certificates are
/// verified, redirects are not followed, loopback is never asked through a proxy (other hosts as `http_proxy`, `https_proxy` and
/// `no_proxy` say), bodies are asked for and unpacked in gzip.
///
/// A request on a kept connection that the server had meanwhile closed, without one byte of answer, is sent once more by libcurl.
/// The program must ignore SIGPIPE (`signal(SIGPIPE, SIG_IGN)` where it starts).
package final class CurlTransport: HTTPTransport {
  package struct Options: Sendable {
    /// What follows `flowrun/` in the User-Agent field.
    package var version: String
    /// Connections and transfers at once; more transfers wait their turn, and their timeouts begin with it.
    package var maximumConnections: Int
    /// PEM file of certificate authorities, for networks that terminate TLS; nil: the system's.
    package var caFile: String?
    /// URL of a proxy for all hosts but loopback; nil: what the environment says.
    package var proxy: String?

    package init(version: String, maximumConnections: Int = 64, caFile: String? = nil, proxy: String? = nil) {
      self.version = version
      self.maximumConnections = maximumConnections
      self.caFile = caFile
      self.proxy = proxy
    }
  }

  private let multi: QueueConfined<CurlMulti>
  private let options: Options

  /// Costs nothing yet: libcurl is set up on the queue, beside whatever else starts.
  package init(_ options: Options) {
    precondition(options.maximumConnections > 0, "a transport needs at least one connection")
    self.options = options
    let multi = QueueConfined(label: "flowrun.http", CurlMulti(maximumConnections: options.maximumConnections))
    multi.submit { [weak multi] curl in
      if let multi { curl.start(in: multi) }
    }
    self.multi = multi
  }

  /// Sends a request. Cancelling the task ends the transfer at once (`TransportError` of kind `cancelled`).
  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let target = try RequestTarget(request.url)
    try request.checkFields()
    let ticket = TransferTicket()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let transfer = PendingTransfer(
          request: request, target: target, options: options, ticket: ticket, continuation: continuation)
        multi.submit { $0.send(transfer) }
      }
    } onCancel: {
      ticket.isCancelled.withLock { $0 = true }
      multi.submit { $0.cancel(ticket) }
    }
  }

  /// Ends what is under way (`TransportError` of kind `cancelled`) and closes every connection. Further requests fail.
  package func close() async throws {
    try await multi.run { $0.close() }
  }
}

/// Names a transfer from the moment it is asked for, so that it can be cancelled before its turn on the queue has come.
final class TransferTicket: Sendable, Hashable {
  let isCancelled = Locked(false)

  static func == (left: TransferTicket, right: TransferTicket) -> Bool { left === right }
  func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

/// A request and who waits for its response.
struct PendingTransfer: Sendable {
  var request: HTTPRequest
  var target: RequestTarget
  var options: CurlTransport.Options
  var ticket: TransferTicket
  var continuation: CheckedContinuation<HTTPResponse, any Error>
}
