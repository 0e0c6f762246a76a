import FlowCore
import StudyModel

/// A data type that a flow collects, according to its graph: cut by a SliceTimeRange, and written by the WriteRecords
/// downstream.
package struct CoveredDataType: Sendable {
  package var name: String
  package var step: SliceStep
  package var scope: String?
  /// The service that holds its ledger.
  package var ledger: String
  /// The service it is requested from.
  package var provider: String
  /// The first downstream table with a time in its key, otherwise the first one; nil if there is none.
  package var table: TableSchema?
  /// The names of all downstream tables.
  package var tables: [String]
  /// The column with the total of a whole day.
  package var total: TableColumn?
  private let zone: any AttributeExpression

  /// Ordered as in the flow file. Throws a `Diagnostic` if a `total` names a column that the flow does not write by
  /// date.
  package static func all(of graph: FlowGraph) throws -> [CoveredDataType] {
    let tables = graph.tableUses()
    return try graph.processors.filter { $0.descriptor.type == SliceTimeRange.descriptor.type }.flatMap { node in
      try node.values[SliceTimeRange.slices].filter(\.isActive).map { declaration in
        if let total = declaration.total { try check(total, of: declaration, tables, in: graph, node) }
        let names = graph.writers(from: node, relationship: declaration.relationship)
        let written = tables.filter { !names.isDisjoint(with: $0.processors) }.map(\.table)
        return CoveredDataType(
          name: declaration.dataType, step: declaration.step, scope: declaration.scope,
          ledger: node.values[SliceTimeRange.ledger].name, provider: node.values[SliceTimeRange.provider].name,
          table: written.first { $0.timeColumn != nil } ?? written.first, tables: written.map(\.name), total: declaration.total, zone: declaration.zone)
      }
    }
  }

  /// The column with a row's length in seconds, in a table of intervals (sleep stages); nil if rows are samples.
  package var durationColumn: String? {
    guard table?.timeColumn?.kind == .instant else { return nil }
    return table?.columns.first { $0.kind == .integer && $0.name == Self.durationName }?.name
  }
  private static let durationName = "seconds"

  /// The participant's zone for civil days; nil if it is unknown.
  package func zoneClock(participant: String, zone name: String?) throws -> CivilZone? {
    var flowFile = FlowFile(
      id: FlowFileID(SeededRandomSource(seed: 0)), lineage: LineageID(0), created: Instant(seconds: 0))
    flowFile[AttributeName.participant] = participant
    flowFile[AttributeName.zone] = name
    return CivilZone(try zone.evaluate(flowFile))
  }

  private static func check(
    _ total: TableColumn, of declaration: SliceDeclaration, _ tables: [FlowGraph.TableUse], in graph: FlowGraph, _ node: ProcessorNode
  ) throws {
    let dated = tables.map(\.table).filter { $0.timeColumn?.kind == .date }
    guard !dated.contains(where: { $0.name == total.table && $0.columns.contains { $0.name == total.column } }) else { return }
    let names = dated.flatMap { table in table.columns.map { "\(table.name).\($0.name)" } }
    let found = "\(total.table).\(total.column)"
    throw Diagnostic(
      .unknownColumn, file: graph.file, position: node.position, subject: "\(SliceTimeRange.descriptor.type) '\(node.name)'",
      found: "total of '\(declaration.dataType)' is '\(found)', which the flow does not write", expected: "a column of a table by date",
      hint: NearestName.suggestion(for: found, among: names))
  }
}

extension FlowGraph {
  /// The names of the WriteRecords processors reached from a relationship; on each path only the nearest.
  fileprivate func writers(from node: ProcessorNode, relationship: String) -> Set<String> {
    func next(_ outputs: [GraphOutput]) -> [Int] {
      outputs.flatMap(\.destinations).compactMap { destination in
        if case .processor(let index, _) = destination { index } else { nil }
      }
    }
    var names: Set<String> = []
    var seen: Set<Int> = []
    var waiting = next(node.outputs.filter { $0.relationship == relationship })
    while let index = waiting.popLast() {
      guard seen.insert(index).inserted else { continue }
      if processors[index].descriptor.type == WriteRecords.descriptor.type {
        names.insert(processors[index].name)
      } else {
        waiting += next(processors[index].outputs)
      }
    }
    return names
  }
}
