import FlowCore
import StudyModel

/// A request described in the flow file, evaluated for each FlowFile.
struct EndpointRequest: Sendable {
  /// The member of the content that holds the response; nil if the response is the content.
  var member: String?
  var method: HTTPMethod
  var url: any AttributeExpression
  var query: [NamedValue<any AttributeExpression>]
  var headers: [NamedValue<any AttributeExpression>]
  var body: (any AttributeExpression)?
  var scope: String?
  var pages: PageRule?
  var timeout: Duration
  var connectTimeout: Duration
  var bodyLimitBytes: Int
  /// How much of a FlowFile with several slices one request may cover; nil: all.
  var limit: SpanLimit?

  /// The FlowFile as each request sees it. Without a limit, or for a single slice, this is the FlowFile itself.
  func spans(of flowFile: FlowFile) throws(ProcessorError) -> [FlowFile] {
    let slices = try flowFile.sliceParts()
    guard let limit, !slices.isEmpty else { return [flowFile] }
    let zone = try flowFile.required(AttributeName.sliceZone)
    let planned = slices.map { PlannedSlice(start: $0.start, end: $0.end, zone: zone, isProvisional: $0.isProvisional) }
    let dataType = try flowFile.required(AttributeName.dataType)
    var spans: [FlowFile] = []
    for span in SpanSequence(planned.makeIterator(), of: dataType, upTo: limit) { spans.append(try flowFile.narrowed(to: span.parts)) }
    return spans
  }

  /// The path including the query.
  func path(for flowFile: FlowFile) throws -> String {
    let pairs = try query.map { ($0.name, try $0.value.evaluate(flowFile)) }
    return Self.path(try url.evaluate(flowFile), adding: pairs)
  }

  static func path(_ path: String, adding pairs: [(String, String)]) -> String {
    pairs.isEmpty ? path : path + (path.contains("?") ? "&" : "?") + PercentEncoding.encode(pairs)
  }

  func request(for flowFile: FlowFile) throws -> HTTPRequest {
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

  /// The request for the page identified by `token`: identical except for the token, as the providers require.
  func page(_ token: String, of rule: PageRule, after first: HTTPRequest, path: String, _ client: any EndpointClient) throws -> (HTTPRequest, path: String) {
    switch rule.form {
    case .link: return (first, try client.path(ofLink: token))
    case .token(_, let parameter):
      guard let body = first.body else { return (first, Self.path(path, adding: [(parameter, token)])) }
      guard let extended = JSONJoin.object(body, adding: parameter, JSONText.quotedBytes(token)) else {
        throw ProcessorError(.badRequest, "the body is not a JSON object, so no page token can be put into it")
      }
      var request = first
      request.body = extended
      return (request, path)
    }
  }
}

/// The responses so far of a content with several parts. Stored in the FlowFile while it waits, so that answered parts
/// are not requested again.
struct EndpointProgress {
  private static let marker = "invokeendpoint.parts"
  /// Older responses are requested again: the parts of a row should be of about the same time.
  private static let longest: Duration = .seconds(3600)

  private(set) var flowFile: FlowFile
  private(set) var members: [String]
  private(set) var content: [UInt8]
  /// Responses since this trigger received the FlowFile.
  private(set) var newAnswers = 0

  init(_ flowFile: FlowFile, now: Instant) {
    self.flowFile = flowFile
    members = []
    content = Array("{}".utf8)
    guard let marker = flowFile[Self.marker], case .bytes(let bytes) = flowFile.content else { return }
    // A FlowFile that comes from the error folder may have a content that does not match the marker.
    let isObject = JSONJoin.object(bytes, adding: "", [UInt8(ascii: "0")]) != nil
    if isObject, let fetched = flowFile[AttributeName.fetchedAt].flatMap({ Instant(rfc3339: $0) }), now - fetched <= Self.longest {
      members = marker.split(separator: ",").map(String.init)
      content = bytes
    } else {
      self.flowFile.content = .empty
      self.flowFile[Self.marker] = nil
    }
  }

  mutating func noteMissingScope(_ scope: String) { flowFile.note(lacking: scope) }

  /// Omits a part that the consent does not cover.
  mutating func omit(_ member: String, missing scope: String) {
    noteMissingScope(scope)
    let absent = flowFile[AttributeName.absentParts]?.split(separator: ",").map(String.init) ?? []
    flowFile[AttributeName.absentParts] = (absent.filter { $0 != member } + [member]).joined(separator: ",")
  }

  /// Adds a response. `fetched_at` is that of the oldest part, so that the content is never older than it says.
  mutating func take(_ answer: EndpointAnswer, as member: String) throws {
    if members.isEmpty { answer.describe(&flowFile) }
    if answer.fetchedAt < oldest ?? answer.fetchedAt { flowFile[AttributeName.fetchedAt] = answer.fetchedAt.text }
    guard let joined = JSONJoin.object(content, adding: member, answer.bytes) else {
      throw ProcessorError(.internal, "what was answered before is not a JSON object, so '\(member)' cannot join it")
    }
    content = joined
    members.append(member)
    newAnswers += 1
    flowFile[Self.marker] = members.joined(separator: ",")
    flowFile.content = .bytes(content)
  }

  private var oldest: Instant? { flowFile[AttributeName.fetchedAt].flatMap { Instant(rfc3339: $0) } }

  /// The FlowFile with all responses, without the marker for unfinished parts.
  var finished: FlowFile {
    var finished = flowFile
    finished[Self.marker] = nil
    return finished
  }
}

/// A complete response with all its pages.
struct EndpointAnswer: Sendable {
  var bytes: [UInt8]
  var status: Int
  var path: String
  var fetchedAt: Instant

  func describe(_ flowFile: inout FlowFile) {
    flowFile["invokeendpoint.status"] = String(status)
    flowFile["invokeendpoint.path"] = path
    flowFile[AttributeName.fetchedAt] = fetchedAt.text
  }
}
