import Foundation
import NIOCore

/// One provider's wire format over the simulated population. Knows nothing of sockets.
protocol ProviderWire: Sendable {
  func respond(to request: WireRequest) async throws -> WireReply
}

/// A request as it came over the wire.
struct WireRequest: Sendable {
  var method: String
  /// Percent-decoded, without the query.
  var path: String
  var query: [String: String] = [:]
  var authorization: String?
  var body = ""

  /// The bearer token of the Authorization header.
  var bearerToken: String? {
    guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
    return String(authorization.dropFirst(7))
  }
}

extension WireRequest {
  /// - Parameter target: path and query as they stand in the request line.
  init(method: String, target: String, authorization: String?, body: String) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(
      method: method, path: String(parts.first ?? "/").removingPercentEncoding ?? "",
      query: parts.count > 1 ? FormBody(String(parts[1])).pairs : [:], authorization: authorization, body: body)
  }
}

/// An answer, and what becomes of it on its way.
struct WireReply: Sendable {
  enum Delivery: Sendable, Equatable {
    case whole
    /// The head promises the whole body; the connection closes after so many bytes of it.
    case cut(afterBytes: Int)
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
}
