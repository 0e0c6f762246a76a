import FlowCore
import FlowCrypto
import FlowRuntime
import HTTPTypes
import Hummingbird

extension Response {
  /// JSON as `--format json` prints it. A client that has it already is told so (304).
  static func json(
    _ value: some Encodable, to request: Request, status: HTTPTypes.HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    try tagged(JSONOutput.text(value) + "\n", type: "application/json", to: request, status: status, headers: headers)
  }

  /// A text with a tag made of its content.
  static func tagged(
    _ text: String, type: String, to request: Request, status: HTTPTypes.HTTPResponse.Status = .ok, headers: HTTPFields = [:]
  ) throws -> Response {
    var headers = headers
    headers[.contentType] = type
    guard request.method == .get || request.method == .head else {
      return Response(status: status, headers: headers, body: .inPieces(ByteBuffer(string: text)))
    }
    let tag = "\"\(Hexadecimal.text(SHA256.digest(of: Array(text.utf8)).prefix(16)))\""
    headers[.eTag] = tag
    // Kept by this browser only, and asked about each time.
    headers[.cacheControl] = "private, no-cache"
    if request.knows(tag) {
      headers[.contentType] = nil
      return Response(status: .notModified, headers: headers)
    }
    return Response(status: status, headers: headers, body: .inPieces(ByteBuffer(string: text)))
  }
}

/// A part of a list, and where the next one begins.
struct ListPage<Element> {
  var elements: [Element]
  /// The cursor of the next page; nil at the end.
  var next: String?

  static var longest: Int { 10_000 }

  /// - Parameters:
  ///   - limit: nil for all.
  ///   - cursor: the key of the last element of the page before; elements after it are shown. One that is not in the list any more is a
  ///     `WebProblem` (400).
  init(_ all: [Element], key: (Element) -> String, limit: Int?, cursor: String?) throws(WebProblem) {
    var rest = all[...]
    if let cursor {
      guard let index = all.firstIndex(where: { key($0) == cursor }) else {
        throw .badRequest("the cursor '\(cursor.prefix(100))' is not in the list any more; begin again without one")
      }
      rest = all[(index + 1)...]
    }
    elements = Array(limit.map { rest.prefix($0) } ?? rest)
    next = elements.count < rest.count ? elements.last.map(key) : nil
  }

  /// The field `Link` that leads to the next page (RFC 8288).
  func headers(for request: APIRequest, limit: Int?) throws -> HTTPFields {
    guard let next else { return [:] }
    let others = try request.request.query().all.filter { $0.name != "cursor" && !$0.value.isEmpty }
    let query = PercentEncoding.encode(others.map { ($0.name, $0.value) } + [("cursor", next)])
    return [HTTPField.Name("Link").unsafelyKnown: "<\(request.request.uri.path)?\(query)>; rel=\"next\""]
  }
}
