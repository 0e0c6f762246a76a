import Foundation

/// The result of the provider's consent page.
package enum ConsentAnswer: Sendable, Equatable {
  case code(String)
  /// The provider's error code; `access_denied` if the participant declined.
  case refused(String)
  /// The `state` is missing or differs: the redirect belongs to another request.
  case foreign
  /// Neither a code nor an error.
  case nothing

  /// Parses the query of a redirect.
  package init(query: String?, state: String) {
    var values: [String: String] = [:]
    for pair in (query ?? "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? String(parts[1]).replacing("+", with: " ").removingPercentEncoding : ""
      values[String(parts[0])] = value
    }
    guard values["code"] != nil || values["error"] != nil else {
      self = .nothing
      return
    }
    guard values["state"] == state else {
      self = .foreign
      return
    }
    if let error = values["error"] {
      self = .refused(Self.word(error))
    } else {
      self = values["code"].map { $0.isEmpty ? .nothing : .code($0) } ?? .nothing
    }
  }

  /// Parses what a person copied: the whole address the browser was sent to, or the code alone.
  package init(copied text: String, state: String) {
    let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
    // Fitbit appends an empty fragment (`#_=_`) to its redirects.
    let whole = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? ""
    if let question = whole.firstIndex(of: "?") {
      self.init(query: String(whole[whole.index(after: question)...]), state: state)
    } else if whole.contains("code=") || whole.contains("error=") {
      self.init(query: whole, state: state)
    } else {
      self = whole.isEmpty ? .nothing : .code(whole)
    }
  }

  /// Error codes are lower-case letters and underscores (RFC 6749 §4.1.2.1); anything else is not echoed.
  private static func word(_ text: String) -> String {
    let isWord = !text.isEmpty && text.count <= 40 && text.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "_") }
    return isWord ? text : "an error"
  }
}
