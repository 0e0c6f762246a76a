/// Parses the command-line form of a fault: `[token/|data/]KIND[=ARGUMENT]:SHARE`.
extension Fault {
  /// - Throws: `SimulatorError.badFault` with the expected form.
  package init(parsing text: String) throws {
    guard let colon = text.lastIndex(of: ":"), let share = Double(text[text.index(after: colon)...]), 0...1 ~= share else {
      throw SimulatorError.badFault(text, expected: "KIND:SHARE with a share from 0 to 1, such as reset:0.01")
    }
    let (target, name) = try Self.target(text[..<colon], of: text)
    let parts = name.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let kind = try Self.kind(parts[0], argument: parts.count > 1 ? parts[1] : nil, of: text) else {
      throw SimulatorError.badFault(text, expected: "one of \(Self.forms)")
    }
    self.init(kind, share: share, of: target)
  }

  /// For help texts and messages.
  package static let forms = """
    status=CODE, reset, truncate, cut=BYTES, last-chunk-missing, html, error-200, quota-403, slow=DURATION, lost-token-response, same-token, \
    invalid-grant, scope=SCOPE
    """

  private static func target(_ words: Substring, of text: String) throws -> (Target?, Substring) {
    guard let slash = words.firstIndex(of: "/") else { return (nil, words) }
    guard let target = Target(rawValue: String(words[..<slash])) else {
      throw SimulatorError.badFault(text, expected: "token/KIND or data/KIND")
    }
    return (target, words[words.index(after: slash)...])
  }

  private static let plainKinds: [String: Kind] = [
    "reset": .reset, "truncate": .truncate, "last-chunk-missing": .lastChunkMissing, "html": .html, "error-200": .error200,
    "quota-403": .quota403, "lost-token-response": .lostTokenResponse, "same-token": .sameToken, "invalid-grant": .invalidGrant,
  ]

  private static func kind(_ name: String, argument: String?, of text: String) throws -> Kind? {
    switch (name, argument) {
    case (_, nil): return plainKinds[name]
    case ("status", let argument?):
      guard let code = Int(argument), 400...599 ~= code else {
        throw SimulatorError.badFault(text, expected: "a status from 400 to 599")
      }
      return .status(code)
    case ("cut", let argument?):
      guard let bytes = Int(argument), 0...1_000_000 ~= bytes else {
        throw SimulatorError.badFault(text, expected: "a number of bytes from 0 to 1000000")
      }
      return .cut(bytes: bytes)
    case ("slow", let argument?):
      guard let milliseconds = milliseconds(argument) else {
        throw SimulatorError.badFault(text, expected: "a duration such as 2s or 500ms")
      }
      return .slow(milliseconds: milliseconds)
    case ("scope", let argument?):
      guard let scope = Scope(named: argument) else {
        let names = Scope.allCases.map(\.rawValue).joined(separator: ", ")
        throw SimulatorError.badFault(text, expected: "one of the scopes \(names)")
      }
      return .scope(scope)
    default: return nil
    }
  }

  private static func milliseconds(_ text: String) -> Int? {
    let digits = text.prefix { $0.isNumber }
    guard let number = Int(digits), number < 1_000_000 else { return nil }
    switch text.dropFirst(digits.count) {
    case "ms": return number
    case "s": return number * 1000
    case "m": return number * 60_000
    default: return nil
    }
  }
}
