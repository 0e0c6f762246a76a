import FlowCore

/// Checks what a test names against the flow: everything at once, with places and nearest names.
struct FlowTestNames {
  let file: String
  let graph: FlowGraph
  private(set) var problems: [Diagnostic] = []

  init(file: String, graph: FlowGraph) {
    self.file = file
    self.graph = graph
  }

  mutating func check(_ test: FlowTestCase) {
    let subject = "test '\(test.name.text)'"
    if let at = test.at, let node = processor(at.text, at.position, subject), node.descriptor.input == .forbidden {
      report(subject, at.position, "'\(at.text)' takes no FlowFiles: it is a source", expected: "a processor behind it, or a test without 'at' and 'flowfiles'")
    }
    for named in test.expect.relationships {
      guard let node = processor(named.name, named.position, subject) else { continue }
      for relationship in named.value { check(relationship.name, of: node, relationship.position, subject) }
    }
    for expected in test.expect.flowFiles {
      if let node = processor(expected.from.text, expected.from.position, subject) { check(expected.relationship.text, of: node, expected.relationship.position, subject) }
    }
    for entry in test.expect.errors { _ = processor(entry.processor.text, entry.processor.position, subject) }
    let tables = graph.tableUses().map(\.table)
    for named in test.expect.rows {
      guard let table = tables.first(where: { $0.name == named.name }) else {
        report(subject, named.position, "the flow writes no table '\(named.name)'", expected: "a table that it writes", among: tables.map(\.name), named.name)
        continue
      }
      let columns = [FlowTestRows.owner] + table.columns.map(\.name)
      for row in named.value {
        for cell in row where !columns.contains(cell.name) {
          report(subject, cell.position, "table '\(table.name)' has no column '\(cell.name)'", expected: "one of its \(columns.count) columns", among: columns, cell.name)
        }
      }
    }
  }

  private mutating func processor(_ name: String, _ position: SourcePosition, _ subject: String) -> ProcessorNode? {
    if let index = graph.index(of: name) { return graph.processors[index] }
    report(subject, position, "the flow has no processor '\(name)'", expected: "the name of one of its processors", among: graph.processors.map(\.name), name)
    return nil
  }

  private mutating func check(_ relationship: String, of node: ProcessorNode, _ position: SourcePosition, _ subject: String) {
    let names = node.outputs.map(\.relationship)
    if names.contains(relationship) { return }
    report(subject, position, "'\(node.name)' has no relationship '\(relationship)'", expected: "one of its relationships", among: names, relationship)
  }

  private mutating func report(_ subject: String, _ position: SourcePosition, _ found: String, expected: String, among names: [String] = [], _ name: String = "") {
    problems.append(
      Diagnostic(
        .unknownInTest, file: file, position: position, subject: subject, found: found, expected: expected,
        hint: name.isEmpty ? nil : NearestName.hint(for: name, among: names)))
  }
}
