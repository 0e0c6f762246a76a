/// Performs one HTTP request. Injected, so that tests can respond.
package protocol HTTPTransport: Sendable {
  /// Sends the request and returns the complete response, whatever its status. Throws `TransportError` if the response
  /// is not complete. Does not block a thread. Does not follow redirects: a 3xx is a response.
  func send(_ request: HTTPRequest) async throws -> HTTPResponse
}

package struct HTTPRequest: Sendable {
  package var method: String
  /// Absolute, including the query.
  package var url: String
  package var headers: HTTPHeaders
  package var body: [UInt8]?
  /// A part of a file that is the body, instead of `body`. It is read while it is sent, more than once if the request is repeated on another
  /// connection.
  package var upload: FilePart?
  /// The file that takes the body of a response with status 2xx, instead of `HTTPResponse.body`, exactly as the server sent it: created with
  /// mode 0600, or truncated; not durable. Every other body is in memory. After a failure the file may hold a part.
  package var download: String?
  /// With `download`: a body of at most this size is in memory all the same, and none is taken as the server compressed it. 0: every body is
  /// in the file.
  package var downloadAfterBytes = 0
  package var connectTimeout: Duration
  /// From the start to the last byte. A transfer from or into a file also ends if it stalls for a minute.
  package var timeout: Duration
  /// Ends the request if nothing comes and nothing goes for so long, in whole seconds; nil: only `timeout` bounds it.
  package var longestSilence: Duration?
  package var bodyLimitBytes: Int

  package init(
    method: String = "GET", url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil, upload: FilePart? = nil, download: String? = nil,
    connectTimeout: Duration = .seconds(10), timeout: Duration = .seconds(60), bodyLimitBytes: Int = 64 << 20
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.upload = upload
    self.download = download
    self.connectTimeout = connectTimeout
    self.timeout = timeout
    self.bodyLimitBytes = bodyLimitBytes
  }
}

/// A part of a file.
package struct FilePart: Sendable, Equatable {
  package var path: String
  package var offset: Int64
  package var sizeBytes: Int64

  package init(path: String, offset: Int64 = 0, sizeBytes: Int64) {
    self.path = path
    self.offset = offset
    self.sizeBytes = sizeBytes
  }
}

package struct HTTPResponse: Sendable {
  package var status: Int
  /// The reason phrase of the status line; empty if there is none, as in HTTP/2. Nothing may depend on it (RFC 9110 §15).
  package var reason = ""
  package var headers: HTTPHeaders
  /// Empty if the body is in the file `HTTPRequest.download`.
  package var body: [UInt8]
  /// The size of the body in the file `HTTPRequest.download`; nil: it is in memory.
  package var fileBytes: Int?

  package init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Header fields in order; names are case-insensitive (RFC 9110 §5.1).
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

/// Why there is no complete response.
package struct TransportError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: String, Sendable {
    case connection, timeout, truncated, tooLarge = "too large", tls = "TLS", badURL = "bad URL", cancelled
    /// No connection was established (name resolution, route, refusal, connect timeout), so no byte of the request left
    /// this machine. The same is true of `tls`, a failed handshake; with every other kind, the server may have acted on
    /// the request.
    case unreachable
    /// The request's own file cannot be read, or the response's cannot be written.
    case file
  }
  /// The part of a broken response that arrived: its status and the beginning of its body.
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
  /// nil: the head was incomplete, or no body followed it.
  package var received: Received?

  package init(_ kind: Kind, _ message: String, received: Received? = nil) {
    self.kind = kind
    self.message = message
    self.received = received
  }

  package var description: String { message }

  /// The cause recorded for a failure of this kind.
  package var cause: Cause {
    switch kind {
    case .timeout: .timeout
    case .truncated: .truncated
    case .tooLarge: .badData
    case .badURL: .badRequest
    case .file: .disk
    case .connection, .unreachable, .tls, .cancelled: .connection
    }
  }
}
