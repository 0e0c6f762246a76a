extension FlowGraph {
  /// A table that the flow writes, merged from its processors' declarations: the key from the users, the columns from
  /// the producers upstream.
  package struct TableUse: Sendable {
    package var service: String
    package var table: TableSchema
    /// Names of the processors that use it.
    package var processors: [String]
  }

  /// Collects, for every table in use, the columns of the producers upstream.
  package func tableUses() -> [TableUse] {
    var uses: [TableUse] = []
    let upstream = connections.predecessors
    for (index, node) in processors.enumerated() {
      guard case .uses(let table, let key, let service, _) = node.descriptor.records?(node.values) else { continue }
      let columns = producedColumns(reaching: index, upstream: upstream)
      if let known = uses.firstIndex(where: { $0.service == service && $0.table.name == table }) {
        uses[known].processors.append(node.name)
        for column in columns where !uses[known].table.columns.contains(where: { $0.name == column.name }) {
          uses[known].table.columns.append(column)
        }
      } else {
        uses.append(
          TableUse(service: service, table: TableSchema(name: table, columns: columns, key: key), processors: [node.name]))
      }
    }
    return uses
  }

  /// The columns of the nearest producers upstream of a processor.
  private func producedColumns(reaching index: Int, upstream: [[Int]]) -> [TableSchema.Column] {
    var columns: [TableSchema.Column] = []
    DirectedGraph.walk(from: index, along: upstream) { next in
      guard case .produces(let produced) = processors[next].descriptor.records?(processors[next].values) else { return true }
      for column in produced where !columns.contains(where: { $0.name == column.name }) { columns.append(column) }
      return false
    }
    return columns
  }
}
