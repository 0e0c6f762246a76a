import FlowCore
import HTTPTypes
import Hummingbird

/// The fields of a form or of a query, in order. A name may occur more than once.
package struct FormFields: Sendable, Equatable {
  package let all: [(name: String, value: String)]

  /// Throws a `WebProblem` (400) for text that is not encoded as forms are.
  package init(_ text: String) throws(WebProblem) {
    var all: [(name: String, value: String)] = []
    for pair in text.split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      all.append((try Self.decoded(parts[0]), parts.count > 1 ? try Self.decoded(parts[1]) : ""))
    }
    self.all = all
  }

  package func first(_ name: String) -> String? { all.first { $0.name == name }?.value }
  package func values(_ name: String) -> [String] { all.filter { $0.name == name }.map(\.value) }

  package static func == (left: FormFields, right: FormFields) -> Bool { left.all.elementsEqual(right.all) { $0 == $1 } }

  private static func decoded(_ text: Substring) throws(WebProblem) -> String {
    guard let bytes = PercentEncoding.formDecoded(String(text)), let decoded = String(validating: bytes, as: UTF8.self), !decoded.utf8.contains(0) else {
      throw .badRequest("'\(text.prefix(100))' is not encoded as in a form; expected UTF-8 with %XX for other characters than letters and digits")
    }
    return decoded
  }
}

extension Request {
  /// The fields of the query. Throws a `WebProblem`.
  package func query() throws(WebProblem) -> FormFields { try FormFields(uri.query ?? "") }

  /// The body, which the server has read and found not too long.
  package func bytes() async throws -> [UInt8] {
    // Collected already: this copies.
    Array(buffer: try await body.collect(upTo: ServerLimits.bodyBytes))
  }

  package var mediaType: String? {
    headers[.contentType].map { String($0.prefix { $0 != ";" }).lowercased().filter { $0 != " " } }
  }
  package var hasForm: Bool { mediaType == "application/x-www-form-urlencoded" }

  /// The fields of a form in the body. Throws a `WebProblem`.
  package func form() async throws -> FormFields {
    guard let text = String(validating: try await bytes(), as: UTF8.self) else { throw WebProblem.badRequest("the form is not UTF-8") }
    return try FormFields(text)
  }

  /// Whether answers go to a program rather than to a person's browser.
  var isForPrograms: Bool {
    uri.path == "/api" || uri.path.hasPrefix("/api/") || !(headers[.accept] ?? "").contains("text/html")
  }
}

extension Response {
  /// Sends a browser on with GET (303).
  package static func redirected(to path: String) -> Response {
    Response(status: .seeOther, headers: [.location: path])
  }
}
