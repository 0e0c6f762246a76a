import FlowCore
import FlowParquet
import StudyLedger
import StudyModel

/// The rows of a slice as a Parquet file: `participant`, then the table's columns in their order; sorted by the key, each key once, as the
/// database has them.
package enum ParquetFile {
  private static let participant = "participant"

  /// Throws `ProcessorError` (`bad_data`) for rows that the columns cannot hold.
  package static func bytes(of object: RecordObject) throws -> [UInt8] {
    let file = Locked<[UInt8]>([])
    do {
      var writer = try ParquetWriter(columns(of: object.table), metadata: object.metadata) { piece in file.withLock { $0 += piece } }
      if object.batch.count > 0 { try writer.append(try rows(of: object)) }
      try writer.finish()
    } catch let error as ProcessorError {
      throw error
    } catch {
      throw ProcessorError(.badData, "the rows of \(object.participant) cannot be written as '\(object.key)': \(error)")
    }
    return file.withLock { $0 }
  }

  private static func columns(of table: TableSchema) -> [ParquetColumn] {
    [ParquetColumn(participant, .text, isRequired: true)]
      + table.columns.map { ParquetColumn($0.name, kind(of: $0), isRequired: table.key.contains($0.name)) }
  }

  private static func kind(of column: TableSchema.Column) -> ParquetColumn.Kind {
    switch column.kind {
    case .integer: .integer64
    case .offset: .integer32
    case .real: .real
    case .text: .text
    case .date: .date
    case .instant: .instant
    }
  }

  /// With the participant in every row, and NULL in columns that the answer has not.
  private static func rows(of object: RecordObject) throws -> RecordBatch {
    let order = try object.table.order(of: object.batch)
    let batch = object.batch.rows((0..<order.count).map(order.row(at:)))
    let name = RecordBatch.Column(name: participant, values: .text([String](repeating: object.participant, count: batch.count)))
    return RecordBatch(columns: [name] + object.table.columns.map { batch[$0.name] ?? absent($0, count: batch.count) }, count: batch.count)
  }

  private static func absent(_ column: TableSchema.Column, count: Int) -> RecordBatch.Column {
    let values: RecordBatch.Values =
      switch column.kind {
      case .integer, .offset, .instant: .integer([Int64](repeating: 0, count: count))
      case .real: .real([Double](repeating: 0, count: count))
      case .text, .date: .text([String](repeating: "", count: count))
      }
    return RecordBatch.Column(name: column.name, values: values, isNull: [Bool](repeating: true, count: count))
  }
}
