/// A provider's error body, read tolerantly: Fitbit's list, Google's object (also seen on Fitbit's host), OAuth's plain word.
///
/// Only words from a known list come out of it. Everything else of a body is left where it is: the messages of `expired_token`,
/// `invalid_token` and `invalid_grant` repeat the token.
package struct ErrorEnvelope: Sendable, Equatable {
  /// The body is a JSON document.
  package var isJSON: Bool
  /// What it calls the error, the most precise word first.
  private var words: [String]
  /// What its message says, word by word.
  private var messageWords: Set<String> = []

  package init(_ body: [UInt8]) {
    do {
      let tree = try JSONTree(answer: body)
      isJSON = true
      words = Self.words(of: tree)
      let message = tree["error"]?["message"]?.text ?? ""
      messageWords = Set(message.split { !$0.isLetter && !$0.isNumber && $0 != "_" }.map(String.init))
    } catch {
      isJSON = false
      words = []
    }
  }

  /// The first word that is one of `known`.
  package func word(among known: Set<String>) -> String? { words.first(where: known.contains) }

  /// A word of `known` that its message for people holds.
  package func wordInMessage(among known: Set<String>) -> String? { known.intersection(messageWords).min() }

  private static func words(of tree: JSONTree) -> [String] {
    let listed = (tree["errors"]?.elements ?? []).compactMap { $0["errorType"]?.text }
    guard let error = tree["error"] else { return listed }
    let reasons = (error["details"]?.elements ?? []).compactMap { $0["reason"]?.text }
    return listed + reasons + [error["status"]?.text, error.text].compactMap { $0 }
  }
}
