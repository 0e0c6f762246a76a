import FlowDefinition

/// The output of `flowrun explain`: a line for each value, as `path: value  # origin`.
enum ExplanationPage {
  static func lines(_ explanation: FlowExplanation, _ terminal: Terminal) -> [String] {
    let parameters = explanation.parameters.map { line(["parameters", $0.name], $0.value, $0.origin, terminal) }
    return parameters + explanation.values.map { line($0.path, $0.value, $0.origin, terminal) }
  }

  private static func line(_ path: [String], _ value: String?, _ origin: FlowExplanation.Origin, _ terminal: Terminal) -> String {
    let shown = value.map { $0.isEmpty ? "\"\"" : $0.split(whereSeparator: \.isNewline).joined(separator: " ") } ?? "(hidden)"
    return "\(path.joined(separator: ".")): \(shown)  \(terminal.styled("# \(origin)", .dim))"
  }
}
