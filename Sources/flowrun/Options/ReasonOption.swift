import ArgumentParser
import FlowRuntime
import Foundation

/// The option of every command that changes something: why, for the audit trail.
struct ReasonOption: ParsableArguments {
  static let longest = 1000

  @Option(help: ArgumentHelp("Why, in your own words; the audit trail keeps it.", valueName: "text"))
  var reason: String?

  func validate() throws {
    guard let reason else { return }
    if reason.allSatisfy(\.isWhitespace) { throw ValidationError("--reason is empty; expected words, such as --reason 'mapping of steps was wrong'") }
    if reason.count > Self.longest { throw ValidationError("--reason has \(reason.count) characters; expected at most \(Self.longest)") }
    if reason.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) {
      throw ValidationError("--reason has a control character or a line break; expected one line of text")
    }
  }

  /// The act of the command of that name, with the words of this process's command line.
  /// - Parameter hidden: options whose values are secrets.
  func act(_ command: String, hidden: [String] = []) -> AuditAct {
    AuditAct(command, ActWords(CommandLine.arguments.dropFirst(), of: command, hidden: hidden).words, reason: reason)
  }
}

/// The words of a command line as the audit trail keeps them: without the command, the reason, and secrets.
struct ActWords {
  static let mask = "***"
  /// A command of the user's may have a webhook's token in it, and nothing can be taken out of the trail again.
  private static let alwaysHidden = ["--on-end"]

  let words: [String]

  init(_ arguments: some Sequence<String>, of command: String, hidden: [String]) {
    var rest = Array(arguments)[...]
    for word in command.split(separator: " ") where rest.first == String(word) { rest = rest.dropFirst() }
    var words: [String] = []
    while let word = rest.popFirst() {
      let option = word.split(separator: "=", maxSplits: 1).first.map(String.init) ?? word
      switch option {
      case "--reason": if option == word { rest = rest.dropFirst() }
      case _ where hidden.contains(option) || Self.alwaysHidden.contains(option):
        if option == word { rest = rest.dropFirst() }
        words += [option, Self.mask]
      default: words.append(Self.withoutPassword(word))
      }
    }
    self.words = words
  }

  /// A URI's password is refused where one is read, and never kept.
  private static func withoutPassword(_ word: String) -> String {
    guard let scheme = word.range(of: "://") else { return word }
    let rest = word[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" }
    guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else { return word }
    return word[...colon] + mask + word[at...]
  }
}
