/// Commands that a message offers to paste: each repeats the options that this command was given, so that it speaks of the same
/// parameters and folders.
package struct CommandHint: Sendable {
  private let options: [String]

  /// Whether the command was given parameters of the flow.
  package let hasParameters: Bool

  /// - Parameters:
  ///   - options: words that follow the command's own.
  ///   - hasParameters: whether parameters of the flow are among them.
  package init(options: [String] = [], hasParameters: Bool = false) {
    self.options = options
    self.hasParameters = hasParameters
  }

  /// `flowrun WORDS… OPTIONS…`, quoted for a shell where that is needed.
  package func command(_ words: String...) -> String { command(words) }

  package func command(_ words: [String]) -> String {
    (["flowrun"] + words + options).map(Self.quoted).joined(separator: " ")
  }

  /// One word for a POSIX shell. Words of harmless characters stay as they are.
  package static func quoted(_ word: String) -> String {
    let harmless = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "-_./:=@,+%".utf8.contains(byte)
      }
    }
    return harmless && !word.isEmpty ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
