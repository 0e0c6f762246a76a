import FlowCore
import FlowRuntime

/// What the command line says of a problem, in the words of a request: options are its parameters, and what lists something is a request, too.
enum RequestWords {
  /// Options whose parameter or member has the same name. All others are the server's own, which a request cannot give.
  private static let options = ["participant", "only", "run", "from", "until", "days", "cause", "processor", "since", "by", "flow"]
  /// Commands that say what there is, with what does so here.
  private static let commands = [("flowrun runs", "GET \(StudyAPI.root)/runs lists them"), ("flowrun errors list", "/errors lists them")]

  /// A diagnostic without its code and place, which a client has no file for.
  static func text(of diagnostic: Diagnostic) -> String {
    let found = (diagnostic.subject.isEmpty ? "" : diagnostic.subject + ": ") + diagnostic.found + (diagnostic.expected.map { "; expected \($0)" } ?? "")
    return text(of: found) + (diagnostic.hint.map { "; \(hint($0))" } ?? "")
  }

  /// `--participant 'ZZ'` is `participant 'ZZ'`, and `-p from` is `parameters.from`, as a body of `POST runs` has it.
  static func text(of message: String) -> String {
    var words: [Substring] = []
    var rest = message.split(separator: " ", omittingEmptySubsequences: false)[...]
    while let word = rest.popFirst() {
      if word.hasSuffix("-p"), isOption(word, "-p"), let next = rest.first, HarmlessParameters.names.contains(String(next.prefix { $0.isLetter || $0 == "_" })) {
        words.append(Substring(word.dropLast(2) + RunOrderBody.parameterPrefix + next))
        rest.removeFirst()
      } else if let option = options.first(where: { isOption(word, "--" + $0) }) {
        words.append(Substring(word.replacing("--" + option, with: option)))
      } else {
        words.append(word)
      }
    }
    return words.joined(separator: " ")
  }

  /// Whether a word of a sentence is the option, with what may stand around one.
  private static func isOption(_ word: Substring, _ option: String) -> Bool {
    guard let range = word.firstRange(of: option) else { return false }
    return word[..<range.lowerBound].allSatisfy { "('\"".contains($0) } && word[range.upperBound...].allSatisfy { ")'\",;:.".contains($0) }
  }

  private static func hint(_ hint: String) -> String {
    // Other commands are for who looks after the server, and can be pasted as they are.
    guard hint.contains("flowrun ") else { return text(of: hint) }
    return commands.first { hint.contains($0.0) }?.1 ?? hint
  }
}

extension WebProblem {
  static func text(of diagnostic: Diagnostic) -> String { RequestWords.text(of: diagnostic) }
}
