import FlowCore

/// Rows of a table in a file, where each names its owner: the first column, in the place of the number that a database gives the owner.
extension ParquetColumn {
  /// The columns of a table's file: the owner's, then the table's in their order. Those of the key are required.
  package static func columns(of table: TableSchema, owner: String) -> [ParquetColumn] {
    [ParquetColumn(owner, .text, isRequired: true)] + table.columns.map { ParquetColumn($0, isRequired: table.key.contains($0.name)) }
  }

  private init(_ column: TableSchema.Column, isRequired: Bool) {
    let kind: Kind =
      switch column.kind {
      case .integer: .integer64
      case .offset: .integer32
      case .real: .real
      case .text: .text
      case .date: .date
      case .instant: .instant
      }
    self.init(column.name, kind, isRequired: isRequired)
  }
}

extension RecordBatch {
  /// The rows as `ParquetColumn.columns(of:owner:)` has them: with the owner's name in each, and NULL in columns that the batch has not.
  package func owned(by name: String, as columns: [ParquetColumn]) -> RecordBatch {
    let owner = columns.prefix(1).map { Column(name: $0.name, values: .text([String](repeating: name, count: count))) }
    return RecordBatch(columns: owner + columns.dropFirst().map { self[$0.name] ?? .empty($0, count: count) }, count: count)
  }
}

extension RecordBatch.Column {
  /// A column without any value.
  package static func empty(_ column: ParquetColumn, count: Int) -> RecordBatch.Column {
    let values: RecordBatch.Values =
      switch column.kind {
      case .integer32, .integer64, .instant: .integer([Int64](repeating: 0, count: count))
      case .real: .real([Double](repeating: 0, count: count))
      case .text, .date: .text([String](repeating: "", count: count))
      }
    return RecordBatch.Column(name: column.name, values: values, isNull: [Bool](repeating: true, count: count))
  }
}
