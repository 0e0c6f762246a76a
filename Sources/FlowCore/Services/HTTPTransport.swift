/// Carries one HTTP request. Injected, so that a test can answer.
package protocol HTTPTransport: Sendable {
  /// Sends and returns the whole response, whatever its status. Throws `TransportError` when there is no whole one.
  /// Holds no thread while it waits. Does not follow redirects: a 3xx is a response.
  func send(_ request: HTTPRequest) async throws -> HTTPResponse
}

package struct HTTPRequest: Sendable {
  package var method: String
  /// Absolute, with query.
  package var url: String
  package var headers: HTTPHeaders
  package var body: [UInt8]?
  package var connectTimeout: Duration
  /// From start to the last byte.
  package var timeout: Duration
  package var bodyLimitBytes: Int

  package init(
    method: String = "GET", url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
    connectTimeout: Duration = .seconds(10), timeout: Duration = .seconds(60), bodyLimitBytes: Int = 64 << 20
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.connectTimeout = connectTimeout
    self.timeout = timeout
    self.bodyLimitBytes = bodyLimitBytes
  }
}

package struct HTTPResponse: Sendable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Header fields in order; names compare without case (RFC 9110 §5.1).
package struct HTTPHeaders: Sendable, ExpressibleByDictionaryLiteral {
  package private(set) var fields: [(name: String, value: String)]

  package init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { (name: $0.0, value: $0.1) }
  }
  package init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }

  package subscript(name: String) -> String? {
    get {
      let lowered = name.lowercased()
      return fields.first { $0.name.lowercased() == lowered }?.value
    }
    set {
      let lowered = name.lowercased()
      fields.removeAll { $0.name.lowercased() == lowered }
      if let newValue { fields.append((name: name, value: newValue)) }
    }
  }
  package mutating func append(_ name: String, _ value: String) { fields.append((name: name, value: value)) }
}

/// Why there is no whole response.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable {
    case connection, timeout, truncated, tooLarge = "too large", tls = "TLS", badURL = "bad URL", cancelled
    /// No connection came about (name, route, refusal, connect timeout): no byte of the request left this machine.
    /// So with `tls`, which is a handshake that failed; with every other kind the other side may have acted on the request.
    case unreachable
  }
  /// What had come of an answer whose frame broke afterwards: its status, and its body as far as it came.
  package struct Received: Sendable, Equatable {
    package var status: Int
    package var body: [UInt8]

    package init(status: Int, body: [UInt8]) {
      self.status = status
      self.body = body
    }
  }

  package var kind: Kind
  package var message: String
  /// nil: no whole head had come, or nothing after it.
  package var received: Received?

  package init(_ kind: Kind, _ message: String, received: Received? = nil) {
    self.kind = kind
    self.message = message
    self.received = received
  }

  package var description: String { message }

  /// The cause under which a failure of this kind is filed.
  package var cause: Cause {
    switch kind {
    case .timeout: .timeout
    case .truncated: .truncated
    case .tooLarge: .badData
    case .badURL: .badRequest
    case .connection, .unreachable, .tls, .cancelled: .connection
    }
  }
}
