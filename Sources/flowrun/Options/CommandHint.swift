/// Commands that a message offers to paste: each repeats the options that this command was given, so that it speaks of the same
/// parameters and folders.
struct CommandHint: Sendable {
  private let options: [String]

  /// Whether the command was given parameters of the flow.
  let hasParameters: Bool

  init(_ options: FlowOptions) {
    self.options = options.given
    hasParameters = !options.parameters.isEmpty || options.parametersFile != nil
  }

  /// `flowrun WORDS… OPTIONS…`, quoted for a shell where that is needed.
  func command(_ words: String...) -> String { command(words) }

  func command(_ words: [String]) -> String {
    (["flowrun"] + words + options).map(Self.quoted).joined(separator: " ")
  }

  /// One word for a POSIX shell. Words of harmless characters stay as they are.
  static func quoted(_ word: String) -> String {
    let harmless = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: "-_./:=@,+%".utf8.contains(byte)
      }
    }
    return harmless && !word.isEmpty ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}

extension FlowOptions {
  static let defaultErrors = "errors"
  static let defaultState = ".flowrun"

  /// The options as they were given, for a command that is to mean the same. A sensitive value is a file's name here or was refused.
  var given: [String] {
    parameters.flatMap { ["-p", $0] }
      + (parametersFile.map { ["--parameters", $0] } ?? [])
      + (errors == Self.defaultErrors ? [] : ["--errors", errors])
      + (state == Self.defaultState ? [] : ["--state", state])
  }
}
