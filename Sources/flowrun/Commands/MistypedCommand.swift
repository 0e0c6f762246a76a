import ArgumentParser
import FlowCore
import FlowFileSystem

/// A first or second word that is meant as a command: `flowrun WORD` would run a flow file of that name, and `flowrun runs WORD` complain of an argument.
enum MistypedCommand {
  /// What other programs call so, and where it is here.
  private static let elsewhere = [
    "bulletins": "the bulletins of a run are in 'flowrun runs show'", "warnings": "the warnings of a run are in 'flowrun runs show'",
    "provenance": "where a row or a FlowFile comes from tells 'flowrun trace'", "lineage": "where a row or a FlowFile comes from tells 'flowrun trace'",
    "history": "the runs so far are in 'flowrun runs'", "status": "a run under way is shown by 'flowrun top', those so far by 'flowrun runs'",
  ]

  /// The message; nil if the words are commands, options, or may be flow files.
  static func message(_ words: [String], of program: any ParsableCommand.Type) -> String? {
    guard let first = words.first else { return nil }
    let commands = names(of: program) + ["help"]
    if commands.contains(first) { return nested(Array(words.dropFirst()), of: program, first) }
    guard mayBeMeant(first) else { return nil }
    if let place = elsewhere[first.lowercased()] { return "there is no command '\(first)'; \(place)" }
    guard let nearest = NearestName.of(first, among: commands) else { return nil }
    return "there is no command '\(first)'; did you mean '\(nearest)'? flowrun --help lists the commands; "
      + "a flow file is named with its path, such as Flows/fitbit.yaml"
  }

  private static func nested(_ words: [String], of program: any ParsableCommand.Type, _ name: String) -> String? {
    guard let command = program.configuration.subcommands.first(where: { $0._commandName == name }) else { return nil }
    let commands = names(of: command)
    // Its help is a command of the parser's.
    guard !commands.isEmpty, let word = words.first, !commands.contains(word), word != "help", mayBeMeant(word) else { return nil }
    let hint = NearestName.of(word, among: commands).map { "did you mean '\(name) \($0)'?" } ?? "available: \(commands.joined(separator: ", "));"
    return "there is no command '\(name) \(word)', nor a file \(word); \(hint) flowrun \(name) --help describes them"
  }

  private static func names(of command: any ParsableCommand.Type) -> [String] { command.configuration.subcommands.map { $0._commandName } }

  private static func mayBeMeant(_ word: String) -> Bool {
    !word.isEmpty && !word.hasPrefix("-") && !word.contains("/") && !word.contains(".") && (try? POSIXFileSystem().status(word)) == nil
  }
}

/// A value that is none of an option's choices.
enum MistypedChoice {
  /// The parser's message, with the choice that was probably meant in its first line.
  static func suggesting(_ message: String) -> String {
    guard let refused = message.firstMatch(of: #/The value '([^']+)' is invalid for '[^']+'\. Please provide one of /#) else { return message }
    let rest = message[refused.range.upperBound...].prefix { $0 != "." }
    let listed = rest.hasPrefix("the following:") ? rest.matches(of: #/\n  - ([^\n]+)/#).map { String($0.output.1) } : rest.matches(of: #/'([^']+)'/#).map { String($0.output.1) }
    let value = String(refused.output.1)
    let beginning = listed.filter { $0.hasPrefix(value) }
    guard let hint = NearestName.suggestion(for: value, among: listed) ?? (beginning.isEmpty ? nil : "did you mean one of \(beginning.joined(separator: ", "))?") else { return message }
    var told = message
    let place = message[refused.range].firstRange(of: " Please provide")?.lowerBound ?? refused.range.upperBound
    told.insert(contentsOf: " \(hint.prefix(1).uppercased())\(hint.dropFirst())", at: place)
    return told
  }
}

/// An option that takes a path and is given an empty one, as a variable of a script that is not set gives it.
enum EmptyPath {
  private static let options: Set<String> = ["--errors", "--state", "--parameters", "--metrics-textfile", "--output", "-o", "--models", "--report", "--truth", "--token-file", "--junit"]

  static func message(_ words: [String]) -> String? {
    let words = words.prefix { $0 != "--" }
    let split = zip(words, words.dropFirst()).first { options.contains($0) && $1.isEmpty }?.0
    let joined = words.first { word in word.hasSuffix("=") && options.contains(String(word.dropLast())) }.map { String($0.dropLast()) }
    return (split ?? joined).map { "\($0) is ''; expected a file or a folder; leave the option out for its default" }
  }
}
