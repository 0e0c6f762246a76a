import FlowCore

/// The text of the flow file.
extension FlowImporter {
  /// The text, and the lines of each draft, from 1.
  func written(_ recognised: RecognisedFlow?) -> (String, [ClosedRange<Int>]) {
    var yaml = YAMLText()
    let counts = ImportReport.counts(report.components)
    yaml.line("# Made by flowrun import from \(flow.format.words). Types and properties are explained by flowrun processors TYPE.")
    if counts.placeholder > 0 { yaml.line("# Placeholders (type Unsupported): \(counts.placeholder). They pass nothing on; validate names each until it is replaced.") }
    if recognised != nil { yaml.line("# flowrun has this pipeline: Flows/fitbit.yaml.") }
    for label in labels { yaml.comment(label) }
    yaml.line("flow: \(YAMLText.scalar(NameBook.plain(flow.root.name, else: "imported")))")
    let summary = Quote.line(flow.root.comments.split(whereSeparator: \.isNewline).first.map(String.init) ?? "")
    if !summary.isEmpty { yaml.member("summary", .text(ProcessorConversion.withoutReferences(Secrets.shown(summary))), indent: 0) }
    let parameters = conversion.parameters.declarations
    if !parameters.isEmpty {
      yaml.line("parameters:")
      for parameter in parameters { yaml.member(parameter.name, .map(Self.members(parameter)), indent: 2) }
    }
    if !databases.isEmpty { yaml.line("services:") }
    for (name, parameter) in databases {
      yaml.member(name, .map([YAMLValue.Member("type", .text("Database")), YAMLValue.Member("path", .text("#{\(parameter)}"))]), indent: 2)
    }
    guard !drafts.isEmpty else {
      yaml.line("processors: []")
      return (yaml.text, [])
    }
    yaml.line("processors:")
    var lines: [ClosedRange<Int>] = []
    for draft in drafts {
      let first = yaml.lines.count + 1
      draft.write(to: &yaml)
      lines.append(first...yaml.lines.count)
    }
    return (yaml.text, lines)
  }

  private static func members(_ parameter: ParameterBook.Declaration) -> [YAMLValue.Member] {
    var members: [YAMLValue.Member] = []
    if let environment = parameter.environment { members.append(YAMLValue.Member("environment", .text(environment))) }
    if let value = parameter.value { members.append(YAMLValue.Member("default", .text(value))) }
    if parameter.isSensitive { members.append(YAMLValue.Member("sensitive", .text("true"))) }
    let help = Quote.line(parameter.help)
    if !help.isEmpty { members.append(YAMLValue.Member("help", .text(help))) }
    return members
  }
}
