import ArgumentParser
import FlowCore
import FlowFileSystem

/// A first word that is meant as a command: without one, `flowrun WORD` runs a flow file of that name.
enum MistypedCommand {
  /// The message; nil if the word is a command, an option, or may be a flow file.
  static func message(_ word: String?, commands: [String]) -> String? {
    guard let word, !word.hasPrefix("-"), !commands.contains(word), !word.contains("/"), !word.contains(".") else { return nil }
    guard let nearest = NearestName.of(word, among: commands), (try? POSIXFileSystem().status(word)) == nil else { return nil }
    return "there is no command '\(word)'; did you mean '\(nearest)'? flowrun --help lists the commands; "
      + "a flow file is named with its path, such as Flows/fitbit.yaml"
  }
}
