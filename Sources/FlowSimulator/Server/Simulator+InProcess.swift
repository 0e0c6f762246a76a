import FlowCore
import NIOCore

/// The provider without sockets, for tests that run a whole flow on one thread.
extension Simulator {
  /// Responds to a request as if it had been received over the wire; ignores scheme and host of its URL.
  ///
  /// Without a state folder, it responds synchronously on the caller's executor: no task, no event loop, no other
  /// thread. A fault's delay takes no time here. Throws `TransportError` if a fault closes the connection
  /// (`connection`) or truncates the response (`truncated`).
  package func answer(_ request: HTTPRequest) async throws -> HTTPResponse {
    var received = WireRequest(
      method: request.method, target: Self.target(of: request.url), authorization: request.headers["Authorization"],
      body: String(decoding: request.body ?? [], as: UTF8.self), origin: Self.origin(of: request.url))
    received.language = request.headers["Accept-Language"]
    let reply = try await wire.respond(to: received)
    switch reply.delivery {
    case .none: throw TransportError(.connection, "the simulated provider closed the connection without an answer")
    case .cut(let bytes):
      throw TransportError(
        .truncated, "the simulated provider's answer ended after \(bytes) bytes", received: reply.received(bytes: bytes))
    case .withoutLastChunk:
      throw TransportError(
        .truncated, "the simulated provider's answer ended without its last chunk", received: reply.received(bytes: reply.body.readableBytes))
    case .whole: break
    }
    var headers = HTTPHeaders(reply.headers)
    headers["Content-Type"] = reply.contentType
    headers["Date"] = Instant(seconds: Int64(now)).httpDateText
    headers["Server"] = Self.serverName
    return HTTPResponse(status: reply.status, headers: headers, body: Array(reply.body.readableBytesView))
  }

  private static func origin(of url: String) -> String {
    url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3).joined(separator: "/")
  }

  /// The URL without scheme and host.
  private static func target(of url: String) -> String {
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    return "/" + (parts.count > 3 ? parts[3] : "")
  }
}

extension WireReply {
  /// The part that a client receives if the connection closes after this many bytes of the body.
  fileprivate func received(bytes: Int) -> TransportError.Received {
    TransportError.Received(status: status, body: Array(body.readableBytesView.prefix(bytes)))
  }
}
