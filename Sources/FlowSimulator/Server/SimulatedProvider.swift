import FlowBase
import Foundation
import NIOCore

/// One provider's wire format over the simulated population. Knows nothing of sockets, and nothing of faults.
protocol SimulatedProvider: Sendable {
  /// Where tokens are asked for: `POST` and a form.
  var tokenPath: String { get }
  func answerToken(_ request: WireRequest) async throws -> WireReply
  func answerData(_ request: WireRequest) async throws -> WireReply
  /// An error as the provider words it, for trouble that is not its own judgement.
  /// - Parameter echo: what the message repeats, as real ones do: the client must not keep it.
  func failure(_ status: Int, isTokenRequest: Bool, echo: String) -> WireReply
}

/// A request as it came over the wire.
struct WireRequest: Sendable {
  var method: String
  /// Percent-decoded, without the query.
  var path: String
  var query: [String: String] = [:]
  var authorization: String?
  var body = ""
  /// Scheme and host that were asked, for addresses in the answer.
  var origin = "https://api.fitbit.com"
  /// A refresh is answered with the access token that was handed out before.
  var repeatsAccessToken = false

  /// The bearer token of the Authorization header.
  var bearerToken: String? {
    guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
    return String(authorization.dropFirst(7))
  }
}

extension WireRequest {
  /// - Parameter target: path and query as they stand in the request line.
  init(method: String, target: String, authorization: String?, body: String, origin: String) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(
      method: method, path: String(parts.first ?? "/").removingPercentEncoding ?? "",
      query: parts.count > 1 ? FormBody(String(parts[1])).pairs : [:], authorization: authorization, body: body, origin: origin)
  }
}

/// An answer, and what becomes of it on its way.
struct WireReply: Sendable {
  enum Delivery: Sendable, Equatable {
    case whole
    /// The head promises the whole body; the connection closes after so many bytes of it.
    case cut(afterBytes: Int)
    /// In chunks; the connection closes after the whole body, without the last chunk.
    case withoutLastChunk
    /// The connection closes without an answer.
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

  /// A page of a gateway.
  init(status: Int = 200, html title: String) {
    self.init(
      status: status, body: ByteBuffer(string: "<html><head><title>\(title)</title></head><body>\(title)</body></html>"))
    contentType = "text/html"
  }
}

/// Text as it may stand inside a JSON string: what a client sent comes back in error messages.
func jsonEscaped(_ text: String) -> String {
  let visible = text.unicodeScalars.prefix(4096).map { $0.value < 0x20 ? " " : $0 }
  return String(JSONText.quoted(String(String.UnicodeScalarView(visible))).dropFirst().dropLast())
}
