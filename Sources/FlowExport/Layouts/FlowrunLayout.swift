import FlowCore
import FlowParquet
import StudyModel

extension ExportLayout {
  /// The flow's tables as they are in the database. Participants are named: `participant` takes the place of `participant_id`.
  package static let flowrun = ExportLayout(name: "flowrun", summary: "the flow's tables as they are") { tables in
    tables.map { table in
      let columns = table.columns.map { ParquetColumn($0, isRequired: table.key.contains($0.name)) }
      return ExportTable(
        name: table.name, columns: [ParquetColumn(participantColumn, .text, isRequired: true)] + columns, sources: [.leading(table)], origins: [:]
      ) { stored in
        let batch = stored.rows(of: table).batch
        let participant = RecordBatch.Column(name: participantColumn, values: .text([String](repeating: stored.participant, count: batch.count)))
        // A column that a later version of the flow adds is not in the database before its next run.
        return RecordBatch(columns: [participant] + columns.map { batch[$0.name] ?? .empty($0, count: batch.count) }, count: batch.count)
      }
    }
  }

  private static let participantColumn = "participant"
}

extension ParquetColumn {
  fileprivate init(_ column: TableSchema.Column, isRequired: Bool) {
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
