import FlowImport

/// The report of an import for people: what needs a person first, then the counts.
enum ImportPage {
  static func lines(_ flow: ImportedFlow, _ terminal: Terminal) -> [String] {
    var lines: [String] = []
    for status in [ImportedComponent.Status.placeholder, .partial, .dropped] {
      for component in flow.components where component.status == status {
        lines.append("\(status.rawValue): \(subject(component))")
        lines += component.notes.map { "  \(Quote.line($0))" }
      }
    }
    if let recognised = flow.recognised {
      lines.append("\(RecognisedFlow.flow) is this pipeline, with what the original lacks; group by group:")
      lines += recognised.counterparts.map { "  \(Quote.line($0.name)): \($0.replacement)" }
    }
    let counts = ImportedComponent.Status.allCases.map { "\(flow.count($0)) \($0.rawValue)" }.joined(separator: ", ")
    lines.append("'\(Quote.line(flow.name))', \(flow.format.words): \(flow.components.count) components: \(counts)")
    return lines
  }

  /// `InvokeHTTP 'get profile'`.
  private static func subject(_ component: ImportedComponent) -> String {
    let type = component.type.split(separator: ".").last.map(String.init) ?? component.type
    return component.name.isEmpty ? Quote.line("\(type) \(component.id)") : Quote.line("\(type) '\(component.name)'")
  }
}
