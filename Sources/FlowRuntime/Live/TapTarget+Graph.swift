import FlowCore

extension TapTarget {
  /// `PROCESSOR` or `PROCESSOR.RELATIONSHIP`; a processor's name may itself have dots. Throws a `Diagnostic` (a usage error) with the nearest name.
  package init(_ text: String, in graph: FlowGraph) throws {
    if graph.processors.contains(where: { $0.name == text }) {
      self.init(processor: text)
      return
    }
    for dot in text.indices.reversed() where text[dot] == "." {
      let name = String(text[..<dot]), relationship = String(text[text.index(after: dot)...])
      guard let processor = graph.processors.first(where: { $0.name == name }) else { continue }
      let known = processor.outputs.map(\.relationship)
      guard known.contains(relationship) else {
        throw Diagnostic(
          .unknownName, subject: "processor '\(name)'", found: "it has no relationship '\(relationship)'", expected: known.isEmpty ? "no relationship: it has none" : "one of its relationships",
          hint: NearestName.hint(for: relationship, among: known))
      }
      self.init(processor: name, relationship: relationship)
      return
    }
    let names = graph.processors.map(\.name)
    // A misspelt name with a relationship is compared without it.
    let relationships = graph.processors.flatMap { $0.outputs.map(\.relationship) }
    let dot = text.lastIndex(of: ".").flatMap { relationships.contains(String(text[text.index(after: $0)...])) || NearestName.of(text, among: names) == nil ? $0 : nil }
    let name = dot.map { String(text[..<$0]) } ?? text
    throw Diagnostic(
      .unknownName, subject: "flow '\(graph.name)'", found: "it has no processor '\(text)'", expected: "the name of a processor, or PROCESSOR.RELATIONSHIP",
      hint: NearestName.hint(for: name, among: names) ?? "flowrun graph \(CommandHint.quoted(graph.file)) --format text lists them")
  }
}
