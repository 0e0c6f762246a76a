/// The rules for keys. They are the same for every storage, so that objects can be moved from one to another.
package enum ObjectKey {
  /// The longest key of S3, in bytes of UTF-8.
  package static let limitBytes = 1024
  /// The longest name of a file on common file systems, in bytes of UTF-8.
  static let partLimitBytes = 255
  /// How the names of unfinished files begin. No part of a key does.
  static let temporaryPrefix = ".flowrun-"

  /// What is wrong with a key; nil if it can be used.
  package static func problem(_ key: String) -> String? {
    if key.isEmpty { return "it is empty" }
    if key.utf8.count > limitBytes { return "it has \(key.utf8.count) bytes; expected at most \(limitBytes)" }
    if let problem = characterProblem(key) { return problem }
    return parts(of: key).lazy.compactMap(partProblem).first
  }

  /// What is wrong with the beginning of keys, of which the last part may be incomplete or empty.
  package static func prefixProblem(_ prefix: String) -> String? {
    if prefix.isEmpty { return nil }
    if prefix.utf8.count > limitBytes { return "it has \(prefix.utf8.count) bytes; expected at most \(limitBytes)" }
    if let problem = characterProblem(prefix) { return problem }
    return parts(of: prefix).dropLast().lazy.compactMap(partProblem).first
  }

  /// The order of keys, by their bytes: that of S3, whatever the language of the machine.
  package static func isBefore(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

  /// The key that `prefix` and `key` form; either may be empty.
  static func joined(_ prefix: String, _ key: String) -> String {
    prefix.isEmpty ? key : key.isEmpty ? prefix : "\(prefix)/\(key)"
  }

  /// The key as messages show it.
  static func shown(_ key: String) -> String {
    let printable = String(String.UnicodeScalarView(key.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
    return printable.count > 200 ? printable.prefix(200) + "…" : printable
  }

  /// The parts between slashes. By bytes, as file systems and S3 see them: to Swift, a slash before a combining character is another character.
  static func parts(of key: String) -> [String] {
    key.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }

  /// What is before the last slash; nil if there is none.
  static func parent(of key: String) -> String? {
    key.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(decoding: key.utf8[..<$0], as: UTF8.self) }
  }

  private static func partProblem(_ part: String) -> String? {
    if part.isEmpty { return "it has an empty part; expected parts separated by single slashes, without a slash at either end" }
    if part == "." || part == ".." { return "it has the part '\(part)', which names another folder" }
    if part.hasPrefix(temporaryPrefix) { return "a part begins with '\(temporaryPrefix)', as unfinished files do" }
    if part.utf8.count > partLimitBytes { return "a part has \(part.utf8.count) bytes; expected at most \(partLimitBytes)" }
    return nil
  }

  private static func characterProblem(_ text: String) -> String? {
    text.unicodeScalars.contains(where: isControl) ? "it has a control character" : nil
  }

  static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.generalCategory == .control }
}
