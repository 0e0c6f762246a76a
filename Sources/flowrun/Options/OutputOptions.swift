import ArgumentParser

/// How output looks; every command takes these.
struct OutputOptions: ParsableArguments {
  enum Color: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

  @Option(help: "Colour: auto (on a terminal, unless NO_COLOR is set), always or never.")
  var color = Color.auto

  @Flag(name: .shortAndLong, help: "No progress and no notes on standard error; errors only.")
  var quiet = false

  @Flag(name: .shortAndLong, help: "More on standard error.")
  var verbose = false
}

/// For listings.
struct FormatOption: ParsableArguments {
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

  @Option(help: ArgumentHelp("text or json.", valueName: "text|json"))
  var format = Format.text
}
