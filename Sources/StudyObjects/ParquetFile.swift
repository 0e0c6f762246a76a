import FlowCore
import FlowParquet
import StudyLedger
import StudyModel

/// The rows of a slice as a Parquet file: `participant`, then the table's columns in their order; sorted by the key, each key once, as the
/// database has them.
package enum ParquetFile {
  /// Throws `ProcessorError` (`bad_data`) for rows that the columns cannot hold.
  package static func bytes(of object: RecordObject) throws -> [UInt8] {
    let file = Locked<[UInt8]>([])
    do {
      let columns = ParquetColumn.columns(of: object.table, owner: "participant")
      var writer = try ParquetWriter(columns, metadata: object.metadata) { piece in file.withLock { $0 += piece } }
      if object.batch.count > 0 { try writer.append(try rows(of: object, columns)) }
      try writer.finish()
    } catch let error as ProcessorError {
      throw error
    } catch {
      throw ProcessorError(.badData, "the rows of \(object.participant) cannot be written as '\(object.key)': \(error)")
    }
    return file.withLock { $0 }
  }

  private static func rows(of object: RecordObject, _ columns: [ParquetColumn]) throws -> RecordBatch {
    let order = try object.table.order(of: object.batch)
    return object.batch.rows((0..<order.count).map(order.row(at:))).owned(by: object.participant, as: columns)
  }
}
