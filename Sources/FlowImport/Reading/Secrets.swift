/// What must reach neither a flow file nor a report: what NiFi marks or encrypts, what is called as secrets are (`SecretName`), and what addresses have.
enum Secrets {
  /// Whether a text is one reference to a parameter and nothing else: the only form in which the value of a sensitive property is kept.
  static func isReference(_ text: String) -> Bool {
    guard text.hasPrefix("#{"), text.hasSuffix("}") else { return false }
    let name = text.dropFirst(2).dropLast()
    return !name.isEmpty && !name.contains { "#{}".contains($0) }
  }

  /// Whether NiFi has encrypted it.
  static func isEncrypted(_ text: String?) -> Bool { text?.hasPrefix("enc{") == true }

  /// Whether a parameter or variable is a secret. One without a value is, if it is called so: somebody will give it.
  static func isSecret(_ name: String, _ value: String?) -> Bool {
    if isEncrypted(value) || value.flatMap(redacted) != nil { return true }
    guard SecretName.matches(name) else { return false }
    return value.map { $0.isEmpty || isGiven($0) } ?? true
  }

  /// Whether the value of what is called as secrets are has a secret in it. `Bearer ${token}`, `session=#{a}` and `true` have none.
  static func isGiven(_ value: String) -> Bool {
    guard !["true", "false"].contains(value.lowercased()) else { return false }
    if ReferenceSpans.hasTexts(value) { return true }
    // A control character stands for a reference.
    let words = ReferenceSpans(value).replaced(by: "\u{1}").split { $0.isWhitespace || $0 == "," || $0 == ";" }
    return words.enumerated().contains { place, word in
      if place == 0, words.count > 1, isScheme(word) { return false }
      var rest = word
      // `name=` in front of a reference.
      if let sign = word.firstIndex(of: "="), word[word.index(after: sign)...].drop(while: { "\"'".contains($0) }).first == "\u{1}" {
        rest = word[word.index(after: sign)...]
      }
      return rest.contains { !"\u{1}:\"'.-_/".contains($0) }
    }
  }

  /// What stands before credentials.
  private static let schemes: Set<String> = ["basic", "bearer", "token", "digest", "apikey", "negotiate", "oauth", "ssws", "sharedkey", "key"]

  static func isScheme(_ word: Substring) -> Bool { schemes.contains(word.filter { !$0.isWhitespace }.lowercased()) }

  /// Whether part of the text is a value that the file gives, not only references to parameters and attributes.
  static func isLiteral(_ text: some StringProtocol) -> Bool { !withoutReferences(text).isEmpty }

  /// What is neither `#{…}` nor `${…}`.
  static func withoutReferences(_ text: some StringProtocol) -> String {
    let text = String(text)
    return ReferenceSpans(text).replaced(by: "")
  }
}
