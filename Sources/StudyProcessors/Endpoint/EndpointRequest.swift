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
  /// The form of the answer.
  var form = AnswerForm.json
  /// Statuses by which the provider says that there is none.
  var absentStatuses: Set<Int> = []
  /// What the part is repeated for; nil: it is requested once.
  var elements: ElementRule?
  /// The element for which this request is made, and its place among all of them.
  var element: EndpointElement?
  var elementIndex = 0
  /// Tells the requests of one FlowFile apart; nil: there is only one.
  var key: String?
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
    request.headers["Accept"] = form.mediaType
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

extension EndpointRequest {
  /// Where a response of this request belongs in the content.
  func place(page: Int? = nil, isAbsent: Bool = false) -> RawResponse.Place {
    let element = element.map { element in
      RawResponse.Element(index: elementIndex, attributes: element.attributes.map { [$0.name, $0.value] })
    }
    return RawResponse.Place(part: member, page: page, element: element, isText: member != nil && form != .json, isAbsent: isAbsent)
  }
}
