import FlowCore
import FlowPatterns
import Foundation

/// Sends a request to any server, as NiFi's InvokeHTTP; without an input connection it is a source that asks once.
///
///     - name: ask for weather
///       type: InvokeHTTP
///       properties:
///         http_url: "https://weather.example/v1/day/${day}"
///         headers: { Accept: application/json, Authorization: "Bearer #{weather_key}" }
///       to: { original: drop, response: keep, retry: errors, "no retry": errors, failure: errors }
///
/// - 2xx: the request to `original`, its answer as a child to `response`. 5xx: the request to `retry`. Any other status, 429 and redirects that are not
///   followed among them: to `no retry`. No complete answer: to `failure`.
/// - Without an input there is no request to send on: a 2xx goes to `response` only, anything else as an empty FlowFile its way.
/// - A redirect is followed up to 20 times, never from https to http; `headers` go to the first server only.
package struct InvokeHTTP: Processor {
  static let method = Property<any AttributeExpression>("http_method", .expression, default: "GET", "HTTP method. The content is sent with POST, PUT and PATCH.")
  static let url = Property<any AttributeExpression>.required("http_url", .expression, "Address, with its query: `https://…` or `http://…`; spaces and letters beyond ASCII in it are percent-encoded. What is secret goes into `headers`.")
  static let headers = Property<[NamedValue<any AttributeExpression>]>(
    "headers", .map(of: .expression), default: "", sensitive: true, "Header fields of the request; one whose value is empty is left out.")
  static let attributesSent = Property<JavaPattern>(
    "request_header_attributes_pattern", .pattern, "Regular expression for whole names of attributes that are sent as header fields, too, as in Java.")
  static let userName = Property<String>("request_username", .text, "User name for Basic authentication.")
  static let password = Property<String>("request_password", .text, sensitive: true, "Password for Basic authentication.")
  static let userAgent = Property<any AttributeExpression>("request_user_agent", .expression, "User-Agent; default: flowrun and its version.")
  static let sendsBody = Property<Bool>("request_body_enabled", .boolean, default: "true", "Whether the content is sent with POST, PUT and PATCH.")
  static let contentType = Property<any AttributeExpression>(
    "request_content_type", .expression, default: "${mime.type:replaceEmpty('application/octet-stream')}", "Content-Type of the content that is sent.")
  static let answersAlways = Property<Bool>(
    "response_generation_required", .boolean, default: "false", "Whether every answer goes to `response`, whatever its status; the request goes its way all the same.")
  static let bodyAttribute = Property<String>(
    "response_body_attribute_name", .text, "Attribute of the request that takes the answer's body instead of a FlowFile for `response`.")
  static let bodyAttributeLimit = Property<Int>("response_body_attribute_size", .integer(1...1_000_000), default: "256", "Bytes of a body that an attribute takes at most.")
  static let ignoresBody = Property<Bool>("response_body_ignored", .boolean, default: "false", "Whether the FlowFile for `response` has no content.")
  static let responseHeaders = Property<[String]>(
    "response_headers", .list(of: .headerName), default: "", "Header fields of the answer that become attributes of these names.")
  static let redirects = Property<Bool>("response_redirects_enabled", .boolean, default: "true", "Whether redirects are followed.")
  static let connectTimeout = Property<Duration>("connection_timeout", .duration, default: "5s", "For the connection alone.")
  static let readTimeout = Property<Duration>("socket_read_timeout", .duration, default: "15s", "Longest time in which nothing comes and nothing goes.")
  static let bodyLimit = Property<Int>("response_limit", .byteSize, default: "1 GB", "A larger answer is cut off and fails.")

  static let original = Relationship("original", "The request, answered with 2xx.")
  static let response = Relationship("response", "The answer's body.")
  static let retry = Relationship("retry", "The request, answered with 5xx.", turn: .again)
  static let noRetry = Relationship("no retry", "The request, answered with another status: 1xx, 3xx, 4xx.")
  static let failure = Relationship(Relationship.failureName, "No complete answer: connection, timeout, not a usable address.", turn: .again)

  package static let descriptor = ProcessorDescriptor(
    type: "InvokeHTTP",
    summary: "Sends a request to any server and makes the answer a FlowFile.",
    differences: [
      "A header field of the answer becomes an attribute only if `response_headers` names it, under that name.",
      "There is no `invokehttp.remote.dn` and no `invokehttp.java.exception.class`.",
      "There are no digest authentication, proxy, cookie or cache settings.",
      "A FlowFile waits as `retry` in the flow says, not by a penalty of the processor.",
    ],
    properties: [
      PropertyDescriptor(method), PropertyDescriptor(url), PropertyDescriptor(headers), PropertyDescriptor(attributesSent), PropertyDescriptor(userName),
      PropertyDescriptor(password), PropertyDescriptor(userAgent), PropertyDescriptor(sendsBody), PropertyDescriptor(contentType),
      PropertyDescriptor(answersAlways), PropertyDescriptor(bodyAttribute), PropertyDescriptor(bodyAttributeLimit), PropertyDescriptor(ignoresBody),
      PropertyDescriptor(responseHeaders), PropertyDescriptor(redirects), PropertyDescriptor(connectTimeout), PropertyDescriptor(readTimeout),
      PropertyDescriptor(bodyLimit),
    ],
    relationships: [original, response, retry, noRetry, failure],
    reads: [AttributeDescriptor("mime.type", "Content-Type of the content, unless `request_content_type` says otherwise.")],
    writes: NewFlowFile.attributes + [
      AttributeDescriptor("invokehttp.status.code", "HTTP status."),
      AttributeDescriptor("invokehttp.status.message", "The reason phrase of the status, such as Not Found; absent with HTTP/2, which has none."),
      AttributeDescriptor("invokehttp.request.url", "The address that was asked, without user name and password."),
      AttributeDescriptor("invokehttp.request.duration", "Milliseconds until the answer was complete."),
      AttributeDescriptor("invokehttp.response.url", "The address that answered; after a redirect without its query, which may be a key."),
      AttributeDescriptor("invokehttp.tx.id", "The same on the request and its answer, unique for each."),
      AttributeDescriptor("invokehttp.response.body", "On a request that was not answered with 2xx: the beginning of the body."),
      AttributeDescriptor("invokehttp.error.message", "Of a failure: why."),
      AttributeDescriptor("invokehttp.java.exception.message", "The same, under NiFi's name."),
      AttributeDescriptor("mime.type", "On the answer: its Content-Type."),
    ],
    writesFromProperties: { values in values[responseHeaders] + [values.optional(bodyAttribute)].compactMap { $0 } },
    input: .allowed,
    counters: [AttributeDescriptor("requests", "Requests sent, redirects among them."), AttributeDescriptor("bytes received", "Bytes of answers.")],
    check: { neighbourhood in
      guard neighbourhood.values[url].literal?.isEmpty == true else { return [] }
      return [Diagnostic(.unsuitableValue, property: url.name, found: "it is empty", expected: "an address such as https://weather.example/v1/day")]
    })

  /// The second is NiFi's name.
  private static let errorMessages = ["invokehttp.error.message", "invokehttp.java.exception.message"]

  private let values: PropertyValues
  private let exchange: HTTPExchange

  package init(_ configuration: ProcessorConfiguration) throws {
    values = configuration.values
    exchange = HTTPExchange(
      followsRedirects: configuration[Self.redirects], connectTimeout: configuration[Self.connectTimeout], longestSilence: configuration[Self.readTimeout],
      bodyLimitBytes: configuration[Self.bodyLimit])
  }

  package func process(_ session: ProcessSession) async throws {
    let input = session.get()
    if input == nil { session.exhausted() }
    var flowFile = input ?? session.create()
    if input == nil { NewFlowFile.name(&flowFile) }
    let start = session.environment.time.monotonic
    do {
      let request = try request(for: flowFile)
      flowFile["invokehttp.request.url"] = HTTPExchange.shown(request.url)
      flowFile["invokehttp.tx.id"] = FlowFileID(session.environment.random).text
      let answer = try await session.waiting(for: "network") { try await exchange.answer(to: request, in: session.environment) { session.countAtOnce("requests") } }
      session.countAtOnce("bytes received", answer.content.byteCount)
      // What an earlier try has left.
      for name in Self.errorMessages { flowFile[name] = nil }
      flowFile["invokehttp.request.duration"] = String((session.environment.time.monotonic - start).wholeMilliseconds)
      flowFile["invokehttp.status.code"] = String(answer.status)
      flowFile["invokehttp.status.message"] = answer.reason.isEmpty ? nil : answer.reason
      flowFile["invokehttp.response.url"] = answer.url
      try await route(flowFile, isInput: input != nil, answer, session)
    } catch let error as ProcessorError {
      for name in Self.errorMessages { flowFile[name] = error.failure.message }
      session.transfer(flowFile, to: Self.failure, because: error.failure)
    }
  }

  // MARK: The request

  private func request(for flowFile: FlowFile) throws -> HTTPRequest {
    var request = HTTPRequest(method: try values[Self.method].evaluate(flowFile).uppercased(), url: try values[Self.url].evaluate(flowFile))
    for header in values[Self.headers] {
      let value = try header.value.evaluate(flowFile)
      if !value.isEmpty { request.headers.append(header.name, value) }
    }
    try addAttributes(of: flowFile, to: &request)
    if let agent = try values.optional(Self.userAgent)?.evaluate(flowFile), !agent.isEmpty { request.headers["User-Agent"] = agent }
    if let name = values.optional(Self.userName) {
      request.headers["Authorization"] = "Basic " + Data("\(name):\(values.optional(Self.password) ?? "")".utf8).base64EncodedString()
    }
    guard values[Self.sendsBody], ["POST", "PUT", "PATCH"].contains(request.method) else { return request }
    switch flowFile.content {
    case .claim(let claim): request.upload = FilePart(path: claim.path, sizeBytes: Int64(claim.sizeBytes))
    default: request.body = flowFile.content.fileBytes
    }
    if request.headers["Content-Type"] == nil {
      let type = try values[Self.contentType].evaluate(flowFile)
      if !type.isEmpty { request.headers["Content-Type"] = type }
    }
    return request
  }

  /// A field that `headers` has stays.
  private func addAttributes(of flowFile: FlowFile, to request: inout HTTPRequest) throws {
    guard let pattern = values.optional(Self.attributesSent) else { return }
    for (name, value) in flowFile.attributes.sorted(by: { $0.key < $1.key }) where request.headers[name] == nil && !value.isEmpty {
      if try pattern.isWhole(name) { request.headers.append(name, value) }
    }
  }

  // MARK: The answer

  private func route(_ request: FlowFile, isInput: Bool, _ answer: HTTPAnswer, _ session: ProcessSession) async throws {
    let isSuccess = (200..<300).contains(answer.status)
    var request = request
    if let name = values.optional(Self.bodyAttribute) {
      request[name] = try await text(of: answer, session.environment.contents)
    } else if !isSuccess {
      request["invokehttp.response.body"] = try await text(of: answer, session.environment.contents)
    }
    // Without an input the request is nobody's: what was asked for is all there is.
    let isResponse = (isSuccess && values.optional(Self.bodyAttribute) == nil) || values[Self.answersAlways]
    if isResponse {
      var response = !isInput && isSuccess ? request : session.create(childOf: request)
      if !isInput { NewFlowFile.name(&response) }
      response["invokehttp.response.body"] = nil
      for name in values[Self.responseHeaders] { if let value = answer.headers[name] { response[name] = value } }
      response["mime.type"] = answer.headers["Content-Type"]
      response.content = values[Self.ignoresBody] ? .empty : answer.content
      session.transfer(response, to: Self.response)
      if response.id == request.id { return }
    }
    session.transfer(request, to: isSuccess ? Self.original : answer.status >= 500 ? Self.retry : Self.noRetry, because: isSuccess ? nil : failure(answer))
  }

  private func text(of answer: HTTPAnswer, _ contents: ContentFolder) async throws -> String {
    let limit = values[Self.bodyAttributeLimit]
    let bytes: [UInt8]
    switch answer.content {
    case .claim(let claim): bytes = try await contents.reading { try contents.read(claim, at: 0, count: limit) }
    default: bytes = Array(answer.content.fileBytes.prefix(limit))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private func failure(_ answer: HTTPAnswer) -> FlowFileFailure {
    let cause: Cause
    switch answer.status {
    case 500...: cause = .serverError
    case 429: cause = .rateLimited
    case 401, 403, 407: cause = .clientRefused
    case 404: cause = .notFound
    case 410: cause = .gone
    default: cause = .badRequest
    }
    return FlowFileFailure(cause: cause, message: "\(answer.url) answered with status \(answer.status); expected 2xx", status: answer.status)
  }
}

extension Content {
  /// Its size, wherever it is.
  fileprivate var byteCount: Int {
    if case .claim(let claim) = self { claim.sizeBytes } else { sizeBytes }
  }
}

extension PropertyKind where Value == String {
  /// The name of a header field that may be shown: a cookie is a secret of the server's.
  fileprivate static var headerName: PropertyKind {
    .scalar("text", expected: "the name of a header field other than Set-Cookie") { text in
      let isWord = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") }
      return isWord && !text.lowercased().hasPrefix("set-cookie") ? text : nil
    }
  }
}
