import FlowCore
import FlowParquet
import StudyModel

extension ExportLayout {
  /// The flow's tables as they are in the database. Participants are named: `participant` takes the place of `participant_id`.
  package static let flowrun = ExportLayout(name: "flowrun", summary: "the flow's tables as they are") { tables in
    tables.map { table in
      let columns = ParquetColumn.columns(of: table, owner: "participant")
      return ExportTable(name: table.name, columns: columns, sources: [.leading(table)], origins: [:]) { stored in
        // A column that a later version of the flow adds is not in the database before its next run.
        stored.rows(of: table).batch.owned(by: stored.participant, as: columns)
      }
    }
  }
}
