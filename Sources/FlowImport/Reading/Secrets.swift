/// What must reach neither a flow file nor a report.
enum Secrets {
  /// Whether a text is one reference to a parameter and nothing else: the only form in which the value of a sensitive property is kept.
  static func isReference(_ text: String) -> Bool {
    guard text.hasPrefix("#{"), text.hasSuffix("}") else { return false }
    let name = text.dropFirst(2).dropLast()
    return !name.isEmpty && !name.contains { "#{}".contains($0) }
  }

  /// Whether NiFi has encrypted it.
  static func isEncrypted(_ text: String?) -> Bool { text?.hasPrefix("enc{") == true }

  /// Whether a property is called as secrets are. For properties of types that are not known, in files that do not say which are sensitive.
  static func isName(_ name: String) -> Bool {
    let plain = String(name.lowercased().filter { $0.isLetter || $0.isNumber })
    return ["password", "passphrase", "passwd", "secret", "apikey", "privatekey", "accesstoken", "authtoken"].contains { plain.contains($0) }
  }

  /// Whether a header field carries credentials.
  static func isHeader(_ name: String) -> Bool {
    ["authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-auth-token"].contains(name.lowercased())
  }

  /// Whether part of the text is a value that the file gives, not only references to parameters and attributes.
  static func isLiteral(_ text: some StringProtocol) -> Bool { !withoutReferences(text).isEmpty }

  // MARK: Addresses

  /// A text without the users, passwords and keys in its addresses; nil: there are none.
  ///
  /// Of JDBC's addresses whatever may have them is cut off, for each driver has its own place for them.
  static func redacted(_ text: String) -> String? {
    guard text.utf8.contains(UInt8(ascii: ":")) else { return nil }
    let anonymous = withoutUsers(text)
    let plain = withoutJDBC(withoutKeys(anonymous))
    return plain == text ? nil : plain
  }

  /// An address may be part of another one, or follow it in a list.
  private static func withoutUsers(_ text: String) -> String {
    var rest = text[...]
    var kept = ""
    while let found = signs(in: rest) {
      let isWeb = ["http", "https"].contains { rest[..<found.lowerBound].suffix($0.count).lowercased() == $0 }
      kept += rest[..<found.upperBound]
      rest = rest[found.upperBound...]
      // Commas, semicolons and apostrophes may be in a password.
      let authority = rest.prefix { !" \t\n\r\"<>/?\\".contains($0) }
      if let sign = authority.lastIndex(of: "@"), isSecret(authority[..<sign], isWeb: isWeb) { rest = rest[authority.index(after: sign)...] }
    }
    return kept + rest
  }

  /// A text as it may be shown.
  static func shown(_ text: String) -> String { redacted(text) ?? text }

  /// What kind of address it is, without anything that may be secret: `jdbc:oracle`.
  static func scheme(_ address: String) -> String {
    if address.hasPrefix("#{") { return "a parameter" }
    if address.hasPrefix("${") { return "an expression" }
    let parts = address.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).dropLast().prefix { part in
      !part.isEmpty && part.utf8.count <= 20 && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "-") }
    }
    guard let first = parts.first else { return "of no scheme" }
    return first == "jdbc" ? parts.joined(separator: ":") : String(first)
  }

  /// Where the next `://` is.
  private static func signs(in text: Substring) -> Range<Substring.Index>? {
    var rest = text.utf8[...]
    while let colon = rest.firstIndex(of: UInt8(ascii: ":")) {
      rest = rest[rest.index(after: colon)...]
      if rest.starts(with: "//".utf8) { return colon..<rest.index(rest.startIndex, offsetBy: 2) }
    }
    return nil
  }

  /// - Parameter isWeb: a user alone may be a token.
  private static func isSecret(_ user: Substring, isWeb: Bool) -> Bool {
    let plain = withoutReferences(user)
    return isWeb ? plain.contains { $0 != ":" } : plain.drop { $0 != ":" }.contains { $0 != ":" }
  }

  private static let keys: Set<String> = [
    "password", "passwd", "pwd", "passphrase", "secret", "client_secret", "access_token", "refresh_token", "auth_token", "token", "api_key", "apikey", "sig", "signature",
    "x-amz-signature", "sslpassword", "truststorepassword", "keystorepassword",
  ]

  /// A text whose addresses have no values of keys that are secret.
  private static func withoutKeys(_ text: String) -> String {
    var rest = text[...]
    var kept = ""
    while let found = signs(in: rest) {
      kept += rest[..<found.upperBound]
      rest = rest[found.upperBound...]
      let address = rest.prefix { !" \t\n\r\"<>".contains($0) }
      rest = rest[address.endIndex...]
      var members = address
      while let sign = members.firstIndex(of: "=") {
        let name = members[..<sign].reversed().prefix { !"?&;#".contains($0) }.reversed()
        let value = members[members.index(after: sign)...].prefix { !"&;".contains($0) }
        kept += members[...sign]
        if !keys.contains(String(name).lowercased()) || !isLiteral(value) { kept += value }
        members = members[value.endIndex...]
      }
      kept += members
    }
    return kept + rest
  }

  /// A text that, if it is an address of JDBC, has neither options nor what stands before its last `@`, where these may be secret.
  private static func withoutJDBC(_ text: String) -> String {
    guard text.hasPrefix("jdbc:") else { return text }
    var address = text[...]
    let options = text.drop { $0 != "?" && $0 != ";" }
    if ["pass", "pwd", "secret", "token", "key", "user"].contains(where: options.lowercased().contains) { address = text[..<options.startIndex] }
    let scheme = scheme(text) + ":"
    if let sign = address.lastIndex(of: "@") {
      let user = withoutReferences(address[..<sign].dropFirst(scheme.count))
      if user.contains("/"), !user.hasPrefix("/") { return scheme + address[sign...] }
    }
    return String(address)
  }

  /// What is neither `#{…}` nor `${…}`.
  private static func withoutReferences(_ text: some StringProtocol) -> String {
    var rest = Substring(text)
    var plain = ""
    while let start = rest.firstIndex(where: { $0 == "#" || $0 == "$" }) {
      plain += rest[..<start]
      rest = rest[start...]
      guard rest.dropFirst().first == "{" else {
        plain.append(rest.removeFirst())
        continue
      }
      var depth = 0
      let end = rest.drop { character in
        if character == "{" { depth += 1 }
        if character == "}" { depth -= 1 }
        return !(character == "}" && depth == 0)
      }
      // What does not end is no reference.
      guard !end.isEmpty else { break }
      rest = end.dropFirst()
    }
    return plain + rest
  }
}
