import FlowBase
import Foundation
import NIOCore

/// One provider's wire format for the simulated population, independent of sockets and faults.
protocol SimulatedProvider: Sendable {
  /// The path of the token endpoint, which takes a form by `POST`.
  var tokenPath: String { get }
  func answerToken(_ request: WireRequest) async throws -> WireReply
  func answerData(_ request: WireRequest) async throws -> WireReply
  /// A provider-specific error response, for injected faults.
  /// - Parameter echo: text that the message repeats, as real providers do: the client must not store it.
  func failure(_ status: Int, isTokenRequest: Bool, echo: String) -> WireReply
}

/// A request as received.
struct WireRequest: Sendable {
  var method: String
  /// Percent-decoded, without the query.
  var path: String
  var query: [String: String] = [:]
  var authorization: String?
  var body = ""
  /// Scheme and host of the request, for links in the response.
  var origin = "https://api.fitbit.com"
  /// Path and query as in the request line; empty for a request that came without one.
  var target = ""
  /// The header field `Accept-Language`.
  var language: String?
  /// A refresh must repeat the previous access token.
  var repeatsAccessToken = false

  /// The bearer token of the Authorization header.
  var bearerToken: String? {
    guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
    return String(authorization.dropFirst(7))
  }
}

extension WireRequest {
  /// - Parameter target: path and query as in the request line.
  init(method: String, target: String, authorization: String?, body: String, origin: String) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(
      method: method, path: String(parts.first ?? "/").removingPercentEncoding ?? "",
      query: parts.count > 1 ? FormBody(String(parts[1])).pairs : [:], authorization: authorization, body: body, origin: origin)
    self.target = target
  }
}

/// A response, and how it is delivered.
struct WireReply: Sendable {
  enum Delivery: Sendable, Equatable {
    case whole
    /// The head announces the whole body, but the connection closes after this many bytes of it.
    case cut(afterBytes: Int)
    /// In chunks; the connection closes after the whole body, without the last chunk.
    case withoutLastChunk
    /// The connection closes without a response.
    case none
  }

  var status: Int
  var contentType = "application/json"
  var headers: [(name: String, value: String)] = []
  var body: ByteBuffer
  var delivery = Delivery.whole
  var delayMilliseconds = 0

  init(status: Int = 200, body: ByteBuffer) {
    self.status = status
    self.body = body
  }

  init(status: Int = 200, json: String) {
    self.init(status: status, body: ByteBuffer(string: json))
  }

  /// An HTML page of a gateway.
  init(status: Int = 200, html title: String) {
    self.init(
      status: status, body: ByteBuffer(string: "<html><head><title>\(title)</title></head><body>\(title)</body></html>"))
    contentType = "text/html"
  }
}

/// The error response of a provider to a request that it rejects.
struct WireRefusal: Error {
  var reply: WireReply
}

/// Escapes text for a JSON string, because error messages echo what a client sent.
func jsonEscaped(_ text: String) -> String {
  let visible = text.unicodeScalars.prefix(4096).map { $0.value < 0x20 ? " " : $0 }
  return String(JSONText.quoted(String(String.UnicodeScalarView(visible))).dropFirst().dropLast())
}
