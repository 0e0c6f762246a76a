import Crypto
import FlowCore

/// Sends one request to the provider for the FlowFile's participant and makes the answer the content.
///
/// An answer that is cut off, empty, HTML or no JSON is never a success: a failed answer must not look like an empty window.
package struct InvokeEndpoint: Processor {
  static let provider = Property<ServiceReference>.required("provider", .service(.provider), "Provider that signs and sends.")
  static let method = Property<HTTPMethod>("method", .choice, default: "GET", "HTTP method.")
  static let url = Property<any AttributeExpression>.required("url", .expression, "Path under the provider's base URL, with query: `/1/user/-/devices.json`.")
  static let headers = Property<[NamedValue<any AttributeExpression>]>("headers", .map(of: .expression), default: "", "Further header fields.")
  static let body = Property<any AttributeExpression>("body", .expression, "Request body; sent as JSON unless `headers` say otherwise.")
  static let scope = Property<String>("scope", .text, "Consent that the endpoint needs: without it nothing is sent.")
  static let maximumSpan = Property<Duration>("max_span", .duration, "Longest time that the endpoint answers in one request; slices above it are a problem of the flow.")
  static let responses = Property<[ResponseRule]>("responses", .list(of: .record(ResponseRule.self)), default: "", "Where responses go that are no success; the first rule that matches decides, else the provider's own judgement.")
  static let timeout = Property<Duration>("timeout", .duration, default: "60s", "From the request's start to the last byte.")
  static let connectTimeout = Property<Duration>("connect_timeout", .duration, default: "10s", "For the connection alone.")
  static let bodyLimit = Property<Int>("body_limit", .byteSize, default: "64 MB", "A larger answer is cut off: `bad_data`.")

  static let success = Relationship("success", "A whole JSON answer; it is the content.")
  static let retry = Relationship("retry", "No usable answer this time: connection, timeout, 5xx, cut off, no JSON.")
  static let scopeRefused = Relationship("scope", "The participant's consent does not cover the endpoint.")
  static let failure = Relationship(Relationship.failureName, "Refused for good.")

  package static let descriptor = ProcessorDescriptor(
    type: "InvokeEndpoint",
    summary: "Asks an endpoint of the provider, signed for the participant; honours rate limits.",
    properties: [
      PropertyDescriptor(provider), PropertyDescriptor(url), PropertyDescriptor(method), PropertyDescriptor(headers),
      PropertyDescriptor(body), PropertyDescriptor(scope), PropertyDescriptor(maximumSpan), PropertyDescriptor(responses),
      PropertyDescriptor(RateLimitWait.maximumWait), PropertyDescriptor(timeout), PropertyDescriptor(connectTimeout),
      PropertyDescriptor(bodyLimit),
    ],
    relationships: [success, retry, RateLimitWait.rateLimited, scopeRefused, failure],
    relationshipsFromProperties: { values in
      let fixed = [success, retry, RateLimitWait.rateLimited, scopeRefused, failure].map(\.name)
      var named: [Relationship] = []
      for name in values[responses].compactMap(\.relationship) where !fixed.contains(name) && !named.contains(where: { $0.name == name }) {
        named.append(Relationship(name, "Responses that the table sends here."))
      }
      return named
    },
    reads: [AttributeDescriptor(AttributeName.participant, "For whom the request is signed.")],
    writes: [
      AttributeDescriptor("invokeendpoint.status", "HTTP status."),
      AttributeDescriptor("invokeendpoint.path", "Path and query that were asked."),
      AttributeDescriptor(AttributeName.fetchedAt, "When the answer was complete, RFC 3339."),
      AttributeDescriptor(AttributeName.sha256, "SHA-256 of the answer's bytes, hexadecimal."),
    ],
    concurrency: 16,
    counters: [AttributeDescriptor("requests", "Requests sent."), AttributeDescriptor("bytes received", "Bytes of answers.")])

  private let service: any ProviderService
  private let method: HTTPMethod
  private let url: any AttributeExpression
  private let headers: [NamedValue<any AttributeExpression>]
  private let body: (any AttributeExpression)?
  private let scope: String?
  private let rules: [ResponseRule]
  private let timeout: Duration
  private let connectTimeout: Duration
  private let bodyLimitBytes: Int
  private let rateLimit: RateLimitWait

  package init(_ configuration: ProcessorConfiguration) throws {
    service = configuration.provider(Self.provider)
    method = configuration[Self.method]
    url = configuration[Self.url]
    headers = configuration[Self.headers]
    body = configuration.optional(Self.body)
    scope = configuration.optional(Self.scope)
    rules = configuration[Self.responses]
    timeout = configuration[Self.timeout]
    connectTimeout = configuration[Self.connectTimeout]
    bodyLimitBytes = configuration[Self.bodyLimit]
    rateLimit = RateLimitWait(maximum: configuration[RateLimitWait.maximumWait])
  }

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    let participant = try flowFile.required(AttributeName.participant)
    if let wait = service.wait(of: participant) {
      rateLimit.wait(flowFile, for: wait, because: nil, session)
      return
    }
    if let scope, !service.isGranted(scope, for: participant) {
      session.transfer(flowFile, to: Self.scopeRefused, because: refusal(of: scope, participant, status: nil))
      return
    }
    let path = try url.evaluate(flowFile)
    session.count("requests")
    do {
      let response = try await service.send(try request(for: flowFile), path: path, for: participant)
      session.count("bytes received", response.body.count)
      try route(response, path: path, of: flowFile, participant, session)
    } catch let error as TransportError {
      let failure = FlowFileFailure(cause: error.cause, message: "\(path): \(error.message)")
      session.transfer(flowFile, to: error.cause.isRetryable ? Self.retry : Self.failure, because: failure)
    } catch let error as ProcessorError where error.failure.cause == .rateLimited {
      rateLimit.wait(flowFile, for: error.failure.retryAfter ?? .seconds(60), because: error.failure, session)
    } catch let error as ProcessorError {
      session.transfer(flowFile, to: error.failure.cause.isRetryable ? Self.retry : Self.failure, because: error.failure)
    }
  }

  private func request(for flowFile: FlowFile) throws -> HTTPRequest {
    var request = HTTPRequest(
      method: method.rawValue, url: "", connectTimeout: connectTimeout, timeout: timeout, bodyLimitBytes: bodyLimitBytes)
    request.headers["Accept"] = "application/json"
    if let body {
      request.body = Array(try body.evaluate(flowFile).utf8)
      request.headers["Content-Type"] = "application/json"
    }
    for header in headers { request.headers[header.name] = try header.value.evaluate(flowFile) }
    return request
  }

  private func refusal(of scope: String, _ participant: String, status: Int?) -> FlowFileFailure {
    FlowFileFailure(
      cause: .scope, message: "the consent of \(participant) does not cover '\(scope)'; ask for wider consent", status: status)
  }
}

// MARK: - Responses

extension InvokeEndpoint {
  private func route(
    _ response: HTTPResponse, path: String, of flowFile: FlowFile, _ participant: String, _ session: ProcessSession
  ) throws {
    var answered = flowFile
    answered["invokeendpoint.status"] = String(response.status)
    answered["invokeendpoint.path"] = path
    answered[AttributeName.fetchedAt] = session.environment.time.now.text
    guard (200..<300).contains(response.status) else {
      try routeRefusal(response, path: path, of: answered, participant, session)
      return
    }
    if let defect = Self.defect(of: response) {
      session.transfer(answered, to: Self.retry, because: FlowFileFailure(cause: .notJSON, message: "\(path): \(defect)", status: response.status))
      return
    }
    answered[AttributeName.sha256] = SHA256.hash(data: response.body).hexadecimal
    answered.content = .bytes(response.body)
    session.transfer(answered, to: Self.success)
  }

  private func routeRefusal(
    _ response: HTTPResponse, path: String, of flowFile: FlowFile, _ participant: String, _ session: ProcessSession
  ) throws {
    let fault = service.fault(status: response.status, headers: response.headers, body: response.body)
    var failure = FlowFileFailure(
      cause: fault.cause, message: "\(path): \(fault.message)", status: response.status, retryAfter: fault.retryAfter)
    if let rule = rules.first(where: { $0.matches(status: response.status, error: fault.error) }) {
      if let cause = rule.cause { failure.cause = cause }
      if let message = rule.stopMessage { throw StopRun(.unavailable, failure.cause, "\(message) (\(failure.message))") }
      if let relationship = rule.relationship { session.transfer(flowFile, to: relationship, because: failure) }
      return
    }
    if fault.stopsRun { throw StopRun(.unavailable, failure.cause, fault.message) }
    switch failure.cause {
    case .rateLimited:
      let delay = service.wait(of: participant) ?? fault.retryAfter ?? .seconds(60)
      rateLimit.wait(flowFile, for: delay, because: failure, session)
    case .scope:
      if let scope { service.refuse(scope, for: participant) }
      let refused = scope.map { refusal(of: $0, participant, status: response.status) } ?? failure
      session.transfer(flowFile, to: Self.scopeRefused, because: refused)
    default:
      session.transfer(flowFile, to: failure.cause.isRetryable ? Self.retry : Self.failure, because: failure)
    }
  }

  /// A media type as a message may show it: one of those that proxies and web servers give, for the provider's own words might hold a token.
  private static func shown(_ type: String) -> String {
    ["text/html", "text/plain", "text/xml", "application/xml", "application/octet-stream"].first { type.hasPrefix($0) }
      ?? "of another media type"
  }

  /// Why a response with a good status is no JSON document after all; nil if it looks like one. The whole document is parsed later.
  static func defect(of response: HTTPResponse) -> String? {
    if let type = response.headers["Content-Type"]?.lowercased(), !type.contains("json") {
      return "the answer is \(shown(type)); expected application/json"
    }
    guard let first = response.body.first(where: { !$0.isJSONSpace }), let last = response.body.last(where: { !$0.isJSONSpace })
    else { return "the answer is empty; expected a JSON document" }
    guard first == UInt8(ascii: "{") && last == UInt8(ascii: "}") || first == UInt8(ascii: "[") && last == UInt8(ascii: "]") else {
      return "the answer does not begin and end as a JSON document"
    }
    return nil
  }
}

package enum HTTPMethod: String, CaseIterable, Sendable { case get = "GET", post = "POST", put = "PUT", delete = "DELETE", head = "HEAD" }

extension UInt8 {
  fileprivate var isJSONSpace: Bool { self == 0x20 || self == 0x0A || self == 0x0D || self == 0x09 }
}

extension Sequence where Element == UInt8 {
  /// Lower-case hexadecimal digits.
  var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in self { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
