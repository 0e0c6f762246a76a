import ArgumentParser

/// Output options of every command.
struct OutputOptions: ParsableArguments {
  enum Color: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

  @Option(help: "Colour: auto (on a terminal, unless NO_COLOR is set), always or never.")
  var color = Color.auto

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
