/// Flags of Java's regular expressions.
enum CaseFolding {
  /// Whether a pattern says `(?i)`, also among other flags, without the `u` by which Java folds all letters.
  static func isAsked(in pattern: String) -> Bool {
    var rest = Substring(pattern).utf8
    while let place = rest.firstIndex(of: UInt8(ascii: "(")) {
      rest = rest[place...].dropFirst()
      guard rest.first == UInt8(ascii: "?") else { continue }
      let flags = rest.dropFirst().prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
      if flags.contains(UInt8(ascii: "i")), !flags.contains(UInt8(ascii: "u")), !flags.contains(UInt8(ascii: "U")) { return true }
    }
    return false
  }
}
