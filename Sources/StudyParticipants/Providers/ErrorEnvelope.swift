/// A provider's error body, parsed tolerantly: Fitbit's list, Google's object (also seen on Fitbit's host), or OAuth's
/// plain code.
///
/// Only words from a known list leave this type. Messages are never passed on: those of `expired_token`,
/// `invalid_token` and `invalid_grant` repeat the token.
package struct ErrorEnvelope: Sendable, Equatable {
  /// The body is a JSON document.
  package var isJSON: Bool
  /// Its error codes, most specific first.
  private var words: [String]
  /// The words of its messages.
  private var messageWords: Set<String> = []

  package init(_ body: [UInt8]) {
    do {
      let tree = try JSONTree(answer: body)
      isJSON = true
      words = Self.words(of: tree)
      let messages = Self.messages(of: tree).joined(separator: " ")
      messageWords = Set(messages.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
    } catch {
      isJSON = false
      words = []
    }
  }

  /// The first error code that is in `known`.
  package func word(among known: Set<String>) -> String? { words.first(where: known.contains) }

  /// A word of `known` that occurs in a message.
  package func wordInMessage(among known: Set<String>) -> String? { known.intersection(messageWords).min() }

  /// Whether its messages mention a quota or a rate limit.
  package var mentionsQuota: Bool {
    let words = Set(messageWords.map { $0.lowercased() })
    return !words.isDisjoint(with: ["quota", "quotas", "throttled", "throttling"]) || words.contains("rate") && !words.isDisjoint(with: ["limit", "limits", "exceeded"])
      || words.contains("limit") && words.contains("exceeded")
  }

  private static func messages(of tree: JSONTree) -> [String] {
    let error = tree["error"]
    let listed = (tree["errors"]?.elements ?? []) + (error?["errors"]?.elements ?? [])
    return ([tree["message"], tree["error_description"], error?["message"]] + listed.map { $0["message"] }).compactMap { $0?.text }
  }

  private static func words(of tree: JSONTree) -> [String] {
    let listed = (tree["errors"]?.elements ?? []).compactMap { $0["errorType"]?.text }
    guard let error = tree["error"] else { return listed }
    let reasons = (error["details"]?.elements ?? []).compactMap { $0["reason"]?.text }
    // The format of Google's older services and of its front end.
    let older = (error["errors"]?.elements ?? []).compactMap { $0["reason"]?.text }
    return listed + reasons + older + [error["status"]?.text, error.text].compactMap { $0 }
  }
}
