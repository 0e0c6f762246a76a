/// Secrets in addresses.
extension Secrets {
  /// A text without the users, passwords and keys in its addresses; nil: there are none.
  ///
  /// Of JDBC's addresses whatever may have them is cut off, for each driver has its own place for them.
  static func redacted(_ text: String) -> String? {
    guard text.utf8.contains(UInt8(ascii: ":")) else { return nil }
    let anonymous = withoutUsers(text)
    let plain = withoutJDBC(withoutKeys(anonymous))
    return plain == text ? nil : plain
  }

  /// A text as it may be shown.
  static func shown(_ text: String) -> String { redacted(text) ?? text }

  /// Cuts them off a text.
  static func hide(in text: inout String) { if let plain = redacted(text) { text = plain } }

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

  /// The place behind the next `://`.
  private static func sign(in bytes: [UInt8], from place: Int) -> Int? {
    var place = place
    while place + 2 < bytes.count {
      if bytes[place] == UInt8(ascii: ":"), bytes[place + 1] == UInt8(ascii: "/"), bytes[place + 2] == UInt8(ascii: "/") { return place + 3 }
      place += 1
    }
    return nil
  }

  // MARK: Users

  /// Bytes; what is longer is left out unread, for it may be in another one that would be read as often.
  private static let longestUser = 4096

  private static let authorityEnds = Set(" \t\n\r\"<>/?\\#`".utf8)

  /// An address may be part of another one, or follow it in a list.
  private static func withoutUsers(_ text: String) -> String {
    let spans = ReferenceSpans(text)
    var kept: [UInt8] = []
    var place = 0
    while let start = sign(in: spans.bytes, from: place) {
      kept += spans.bytes[place..<start]
      place = start
      let before = String(decoding: spans.bytes[max(0, start - 8)..<start - 3], as: UTF8.self).lowercased()
      let end = spans.first(from: start, of: authorityEnds)
      guard let sign = spans.last(UInt8(ascii: "@"), in: start..<end) else { continue }
      guard sign - start <= longestUser else {
        place = sign + 1
        continue
      }
      let user = spans.text(start..<sign)
      if !isHost(user), isSecret(user, isWeb: before.hasSuffix("http") || before.hasSuffix("https")) { place = sign + 1 }
    }
    return String(decoding: kept + spans.bytes[place...], as: UTF8.self)
  }

  /// Whether a text begins with a whole host and what stands behind an address in prose: `example.org,a`. A comma may be in a password too, but a
  /// password stands behind a user and a colon.
  private static func isHost(_ text: String) -> Bool {
    let host = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
    guard host.contains(".") || host == "localhost" else { return false }
    var rest = text[host.endIndex...]
    if rest.first == ":" { rest = rest.dropFirst().drop { $0.isASCII && $0.isNumber } }
    return rest.first.map { ",;'()[]|".contains($0) } ?? false
  }

  /// - Parameter isWeb: a user alone may be a token.
  private static func isSecret(_ user: String, isWeb: Bool) -> Bool {
    let plain = withoutReferences(user)
    return isWeb ? plain.contains { $0 != ":" } : plain.drop { $0 != ":" }.contains { $0 != ":" }
  }

  // MARK: Keys

  /// Names that are those of secrets in an address, and may be anything elsewhere.
  private static let keys: Set<String> = ["key", "code", "appid", "sig", "signature", "x-amz-signature", "x-goog-signature"]

  /// Bytes; what is longer is no name, and would be read over and over.
  private static let longestKey = 100

  private static let addressEnds = Set(" \t\n\r\"<>".utf8), valueEnds = Set(" \t\n\r\"<>&;#".utf8), nameStarts = Set("?&;#".utf8)

  /// A text whose addresses have no values of keys that are secret.
  private static func withoutKeys(_ text: String) -> String {
    let spans = ReferenceSpans(text)
    let bytes = spans.bytes
    var kept: [UInt8] = []
    var place = 0
    while let start = sign(in: bytes, from: place) {
      kept += bytes[place..<start]
      place = start
      let end = spans.first(from: start, of: addressEnds)
      // Names are looked for inside of references, too: `${a:append('&token=…')}`.
      var name = start
      var next = start
      while next < end {
        let byte = bytes[next]
        next += 1
        if nameStarts.contains(byte) { name = next }
        guard byte == UInt8(ascii: "="), next - name <= longestKey, isKey(spans.text(name..<next - 1)) else { continue }
        let valueEnd = min(end, spans.first(from: next, of: valueEnds))
        kept += bytes[place..<next]
        let value = spans.text(next..<valueEnd)
        if !isLiteral(value), !ReferenceSpans.hasTexts(value) { kept += bytes[next..<valueEnd] }
        place = valueEnd
        next = valueEnd
        name = valueEnd
      }
      kept += bytes[place..<end]
      place = end
    }
    return String(decoding: kept + bytes[place...], as: UTF8.self)
  }

  private static func isKey(_ name: String) -> Bool { keys.contains(name.lowercased()) || SecretName.matches(name) }

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
}
