import FlowCore

/// Rules for columns outside of their mapping: as part of a key, and as a daily total.
struct ColumnRules {
  private let flow: LinkedFlow
  private let problems: ProblemList

  init(_ flow: LinkedFlow, problems: ProblemList) {
    self.flow = flow
    self.problems = problems
  }

  func check() {
    for index in flow.processors.indices { checkKey(ofTableAt: index) }
    for processor in flow.processors { checkTotals(processor) }
  }

  /// A row with a NULL key cannot be written, and then nothing of its batch is written.
  private func checkKey(ofTableAt index: Int) {
    guard case .uses(let table, let key, _, _) = flow.processors[index].records else { return }
    for producer in flow.producers(reaching: index).producers {
      let processor = flow.processors[producer.index]
      guard let facts = processor.values.flatMap({ processor.descriptor?.columnFacts?($0) }) else { continue }
      for column in key where facts[column]?.mayBeNull == true {
        problems.report(
          .keyMayBeNull(column, table: table), at: processor.entry.properties.place(ofColumn: column) ?? processor.entry.position,
          subject: processor.entry.subject)
      }
    }
  }

  /// `total: TABLE.COLUMN` must name a column that the flow writes by date.
  private func checkTotals(_ processor: LinkedProcessor) {
    let named = processor.notes.all(TableColumn.self)
    guard !named.isEmpty, let written = columnsByDate() else { return }
    for (column, node) in named where !written.contains(column) {
      problems.report(
        .totalNotWritten(column, among: written), about: node, else: processor.entry.position,
        subject: processor.entry.subject)
    }
  }

  /// nil if not every mapping is known.
  private func columnsByDate() -> [TableColumn]? {
    var columns: [TableColumn] = []
    for (index, processor) in flow.processors.enumerated() {
      if processor.descriptor == nil || (processor.values == nil && processor.descriptor?.records != nil) { return nil }
      guard case .uses(let table, let key, _, _) = processor.records else { continue }
      let (producers, isWhole) = flow.producers(reaching: index)
      guard isWhole else { return nil }
      let made = producers.flatMap(\.columns)
      guard TableSchema(name: table, columns: made, key: key).timeColumn?.kind == .date else { continue }
      columns += made.map { TableColumn(table: table, column: $0.name) }
    }
    return columns
  }
}
