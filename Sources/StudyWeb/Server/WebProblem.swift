import FlowCore
import FlowRuntime
import HTTPTypes
import Hummingbird

/// Why a request was not answered as asked (RFC 9457). Thrown by routes; the server answers with it, as JSON or, for a browser, as a page.
package struct WebProblem: Error, Sendable, Equatable, Encodable {
  package var status: HTTPTypes.HTTPResponse.Status
  /// What was found, what was expected, what to do next. Shown to the client: no secret, no path of this machine.
  package var detail: String
  /// Further header fields of the answer.
  package var headers: HTTPFields = [:]

  package init(_ status: HTTPTypes.HTTPResponse.Status, _ detail: String, headers: HTTPFields = [:]) {
    self.status = status
    self.detail = detail
    self.headers = headers
  }

  /// The status in words: `Not Found`.
  package var title: String { status.reasonPhrase }

  package func encode(to encoder: any Encoder) throws {
    var members = encoder.container(keyedBy: NamedKey.self)
    try members.encode("about:blank", forKey: NamedKey("type"))
    try members.encode(title, forKey: NamedKey("title"))
    try members.encode(status.code, forKey: NamedKey("status"))
    try members.encode(detail, forKey: NamedKey("detail"))
  }

  package static func badRequest(_ detail: String) -> WebProblem { WebProblem(.badRequest, detail) }
  package static func notFound(_ detail: String) -> WebProblem { WebProblem(.notFound, detail) }
  package static func forbidden(_ detail: String) -> WebProblem { WebProblem(.forbidden, detail) }

  static let mediaType = "application/problem+json"

  /// JSON.
  var text: String {
    do { return try JSONOutput.text(self) + "\n" } catch { preconditionFailure("four members can be encoded: \(error)") }
  }

  /// The answer to a program.
  func response() -> Response {
    var headers = headers
    headers[.contentType] = Self.mediaType
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}
