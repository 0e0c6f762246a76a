/// What can be said of a query without a parser.
struct SQLText {
  private let text: String

  init(_ text: String) { self.text = text }

  /// Whether it has a `?` outside of texts, names and comments.
  var hasPlaceholder: Bool {
    // Expressions have become texts when the query is asked.
    let bytes = Array(Secrets.withoutReferences(text).utf8)
    var place = 0
    func skip(to end: [UInt8]) {
      while place < bytes.count, !bytes[place...].starts(with: end) { place += 1 }
      place += end.count
    }
    while place < bytes.count {
      let byte = bytes[place]
      let next = place + 1 < bytes.count ? bytes[place + 1] : 0
      place += 1
      switch (byte, next) {
      case (UInt8(ascii: "?"), _): return true
      case (UInt8(ascii: "'"), _), (UInt8(ascii: "\""), _), (UInt8(ascii: "`"), _): skip(to: [byte])
      case (UInt8(ascii: "-"), UInt8(ascii: "-")): skip(to: [0x0A])
      case (UInt8(ascii: "/"), UInt8(ascii: "*")):
        place += 1
        skip(to: Array("*/".utf8))
      default: break
      }
    }
    return false
  }

  /// Whether it only selects columns: `SELECT a, b FROM FLOWFILE`, which means one thing in each SQL.
  var isPlainSelection: Bool {
    let words = text.split(whereSeparator: \.isWhitespace)
    guard words.count >= 4, words[0].uppercased() == "SELECT", words[words.count - 2].uppercased() == "FROM", words[words.count - 1].uppercased() == "FLOWFILE" else {
      return false
    }
    let columns = words.dropFirst().dropLast(2).joined(separator: " ").split(separator: ",", omittingEmptySubsequences: false)
    return columns.allSatisfy { column in
      let name = column.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
      return String(name) == "*" || (!name.isEmpty && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } && name.first?.isLetter == true)
    }
  }
}
