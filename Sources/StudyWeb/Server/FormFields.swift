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

  /// Throws a `WebProblem` (400) for a field that a form does not have, since a misspelt one would be missed, and for one that is given twice. Whether
  /// it is empty makes no difference. The CSRF token belongs to every form.
  /// - Parameters:
  ///   - prefixes: of names that are checked elsewhere.
  ///   - repeated: names that may be given more than once.
  func checkNames(_ names: [String], prefixes: [String] = [], repeated: [String] = []) throws(WebProblem) {
    var seen: Set<String> = []
    for (name, _) in all where name != WebContext.csrfField {
      guard names.contains(name) || prefixes.contains(where: name.hasPrefix) else {
        throw .badRequest(
          "there is no field '\(name.prefix(100))'\(NearestName.hint(for: name, among: names).map { "; \($0)" } ?? "; expected \((names + prefixes.map { $0 + "NAME" }).joined(separator: ", "))")")
      }
      guard seen.insert(name).inserted || repeated.contains(name) else { throw .badRequest("the field '\(name.prefix(100))' is given twice; give it once") }
    }
  }

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

  private var isOfAPI: Bool { uri.path == "/api" || uri.path.hasPrefix("/api/") }
  /// What supervisors ask for, in plain text.
  private var isForSupervisors: Bool { ["/healthz", "/readyz", "/metrics"].contains(uri.path) }
  private func accepts(_ type: String) -> Bool { headers[values: .accept].contains { $0.lowercased().contains(type) } }

  /// Whether what sends the request shows pages to a person, who can be led to another one.
  var canBeLedOn: Bool { !isOfAPI && accepts("text/html") }

  /// Whether an error is answered with a page, as the path is without one: the API answers with problems, pages with a page unless JSON is asked for,
  /// and what supervisors ask for with a page only for a browser.
  var takesPage: Bool { canBeLedOn || !isOfAPI && !isForSupervisors && !accepts("json") }
}

extension Response {
  /// Sends a browser on with GET (303).
  package static func redirected(to path: String) -> Response {
    Response(status: .seeOther, headers: [.location: path])
  }
}
