/// Suggested commands that can be pasted. Each repeats the options of the current command, so that it uses the same
/// parameters and folders.
package struct CommandHint: Sendable {
  private let options: [String]

  /// Whether flow parameters were given.
  package let hasParameters: Bool

  /// - Parameters:
  ///   - options: words appended to every command.
  ///   - hasParameters: whether they include flow parameters.
  package init(options: [String] = [], hasParameters: Bool = false) {
    self.options = options
    self.hasParameters = hasParameters
  }

  /// The same with these parameters, unless some were given.
  package func assuming(_ parameters: [(name: String, value: String)]) -> CommandHint {
    hasParameters ? self : CommandHint(options: parameters.flatMap { ["-p", "\($0.name)=\($0.value)"] } + options, hasParameters: !parameters.isEmpty)
  }

  /// `flowrun WORDS… OPTIONS…`, shell-quoted where necessary.
  package func command(_ words: String...) -> String { command(words) }

  package func command(_ words: [String]) -> String {
    (["flowrun"] + words + options).map(Self.quoted).joined(separator: " ")
  }

  /// Quotes a word for a POSIX shell; words of harmless characters stay unquoted.
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
