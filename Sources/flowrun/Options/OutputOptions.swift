import ArgumentParser

/// Output options of every command.
struct OutputOptions: ParsableArguments {
  enum Color: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

  @Option(help: "Colour: auto (on a terminal, unless NO_COLOR is set), always or never.")
  var color = Color.auto

  enum LogFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Option(name: .customLong("log-format"), help: ArgumentHelp("Of standard error: text for people, or json: an object a line.", valueName: "text|json"))
  var logFormat = LogFormat.text

  @Flag(name: .shortAndLong, help: "Only errors on standard error, no progress or notes.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "More detail on standard error.")
  var verbose = false
}

/// The format option of listings.
struct FormatOption: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Option(help: ArgumentHelp("text or json.", valueName: "text|json"))
  var format = Format.text
}

extension OutputOptions.LogFormat {
  /// What a command line asks for, also one that cannot be parsed.
  static func given(_ arguments: [String]) -> Self {
    let words = arguments.prefix { $0 != "--" }
    let isJSON = words.contains("--log-format=json") || zip(words, words.dropFirst()).contains { $0 == ("--log-format", "json") }
    return isJSON ? .json : .text
  }
}
