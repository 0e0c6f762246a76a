/// Whether something is called as secrets are: the one test of the names of parameters, variables, header fields, properties and keys of addresses.
///
/// A name is words: `clientSecret`, `CLIENT_SECRET` and `client-secret` are the same two, and numbers behind a word do not count.
enum SecretName {
  /// Wherever they are, also within a word: nothing else is called so.
  private static let always = ["password", "passwd", "passphrase", "passcode", "secret"]

  /// Several words that people write as one.
  private static let compounds = ["apikey", "privatekey", "accesskey", "accesstoken", "authtoken", "refreshtoken", "bearertoken"]

  /// As words of their own, unless the next word or the last one says that it is about a secret and none itself.
  private static let nouns: Set<String> = ["token", "credential", "credentials", "creds", "authorization", "cookie", "bearer", "jwt", "pwd", "psw"]

  /// As the last word.
  private static let last: Set<String> = ["sas", "pass", "pw", "auth", "dbpass"]

  /// Words before `key` or `keys` that make it a secret one: a `primary key` and a `routing key` are none.
  private static let keys: Set<String> = [
    "api", "access", "subscription", "account", "private", "secret", "shared", "master", "signing", "encryption", "decryption", "auth", "authentication", "function",
    "functions", "storage", "app", "application", "client", "consumer", "license", "json", "ssh", "hmac", "session", "symmetric", "admin", "webhook", "deploy", "rest",
  ]

  /// Words before `token` that make it a place in a list.
  private static let places = ["page", "pagination", "next", "previous", "continuation", "sync", "delta", "resume", "cursor", "change"]

  /// Words behind a noun that make it something else: `token endpoint`, `credentials file`.
  private static let about: Set<String> = [
    "endpoint", "url", "uri", "host", "port", "server", "service", "provider", "issuer", "audience", "scope", "scopes", "path", "file", "files", "location", "folder", "directory",
    "type", "types", "strategy", "policy", "mode", "format", "scheme", "method", "algorithm", "name", "field", "column", "attribute", "attributes", "header", "prefix", "table",
    "source", "size", "length", "limit", "count", "timeout", "duration", "expiry", "expiration", "expires", "lifetime", "ttl", "age", "time", "date", "timestamp", "enabled", "required",
    "version", "encoding", "status", "separator", "delimiter", "per", "pattern", "filter", "regex", "window",
  ]

  /// What one of the words above has in it.
  private static let stems = ["pass", "secret", "token", "key", "cred", "auth", "cookie", "bearer", "jwt", "pwd", "psw", "sas", "pw"].map { Array($0.utf8) }

  /// Whether a name may be a secret's, by its letters alone. Addresses have hundreds of thousands of names, hardly one of which is.
  private static func isPossible(_ name: String) -> Bool {
    var letters: [UInt8] = []
    for byte in name.utf8 {
      switch byte {
      case 0x80...: return true
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): letters.append(byte | 0x20)
      case UInt8(ascii: "a")...UInt8(ascii: "z"): letters.append(byte)
      // Between words, or behind one.
      default: break
      }
    }
    return letters.indices.contains { place in stems.contains { letters[place...].starts(with: $0) } }
  }

  static func matches(_ name: String) -> Bool {
    guard isPossible(name) else { return false }
    let words = words(name)
    let plain = words.joined().replacing("secretar", with: "")
    if always.contains(where: plain.contains) { return true }
    guard let final = words.last else { return false }
    if last.contains(final) || (final.count > 3 && final.hasSuffix("pwd")) { return true }
    if about.contains(final) { return false }
    if words.contains(where: { word in compounds.contains(where: word.contains) }) { return true }
    return words.indices.contains { place in
      let word = words[place]
      let before = place > 0 ? words[place - 1] : ""
      if place + 1 < words.count, about.contains(words[place + 1]) { return false }
      if word.hasSuffix("key") || word.hasSuffix("keys") {
        let kind = String(word.prefix(upTo: word.lastIndex(of: "k") ?? word.endIndex))
        return kind.isEmpty ? keys.contains(before) : keys.contains { kind.hasSuffix($0) }
      }
      if word.hasSuffix("token") {
        let kind = word == "token" ? before : String(word.dropLast("token".count))
        return !places.contains { kind.hasSuffix($0) }
      }
      return nouns.contains(word)
    }
  }

  /// The same, and whatever header fields are called beside that have keys. `Idempotency-Key` has none.
  static func matchesField(_ name: String) -> Bool {
    let words = words(name)
    return matches(name) || (words.last == "key" && !["idempotency", "routing", "partition"].contains(words.dropLast().last))
  }

  /// In lower case, without the numbers behind them.
  private static func words(_ name: String) -> [String] {
    var words: [String] = []
    var word = ""
    func end() {
      while word.last?.isNumber == true { word.removeLast() }
      if !word.isEmpty { words.append(word.lowercased()) }
      word = ""
    }
    let characters = Array(name)
    for (place, character) in characters.enumerated() {
      guard character.isLetter || character.isNumber else {
        end()
        continue
      }
      if character.isUppercase, place > 0 {
        let previous = characters[place - 1]
        let endsCapitals = previous.isUppercase && place + 1 < characters.count && characters[place + 1].isLowercase
        if previous.isLowercase || previous.isNumber || endsCapitals { end() }
      }
      word.append(character)
    }
    end()
    return words
  }
}
