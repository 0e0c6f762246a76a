import FlowCore

/// Validation of participant names and the paths derived from them. A valid name contains no separator and no `..`, and
/// does not start with a dot.
package enum ParticipantName {
  package static let expected =
    "1 to 64 letters (A-Z, a-z), digits, '.', '_' or '-', the first one a letter or digit"
  static let suffix = ".json"

  /// `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
  package static func isValid(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    guard let first = bytes.first, bytes.count <= 64, isLetterOrDigit(first) else { return false }
    return bytes.allSatisfy { isLetterOrDigit($0) || [46, 95, 45].contains($0) }
  }

  static func fileName(_ name: String) -> String { name + suffix }
  /// Hidden and fixed for each participant, so that the next write replaces what a crash left.
  static func temporaryName(_ name: String) -> String { "." + name + suffix + ".tmp" }
  /// Room for a token that is being asked for. `tag` differs for every store: on a file system whose locks do not reach other hosts, one that has
  /// lost its lease must not take another's for its own.
  static func roomName(_ name: String, tag: String) -> String { "." + name + suffix + roomMark + tag }
  private static let roomMark = ".room-"
  /// The participant that a file of room is for; nil for every other name.
  static func participant(ofRoom fileName: String) -> String? {
    guard fileName.hasPrefix("."), let mark = fileName.ranges(of: suffix + roomMark).last else { return nil }
    return String(fileName[fileName.index(after: fileName.startIndex)..<mark.lowerBound])
  }
  /// The intent to ask for tokens, beside the file.
  static func intentName(_ name: String) -> String { "." + name + suffix + ".asked" }
  /// The copy of a file that a person damaged while a run held it. It does not end in `.json`, so it is not a
  /// participant's name.
  static func damagedName(_ name: String) -> String { name + suffix + ".damaged" }

  /// For messages: control characters and quotes escaped, at most 80 characters.
  static func quoted(_ name: String) -> String {
    let escaped = name.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "\\u{\(String($0.value, radix: 16))}" : String($0) }
    let text = escaped.joined()
    return "'\(text.count > 80 ? text.prefix(77) + "…" : text[...])'"
  }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
  }
}
