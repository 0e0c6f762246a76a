import FlowCore
import FlowParquet

/// The format of an export's files.
package enum ExportFormat: String, Sendable, CaseIterable {
  case parquet, csv

  /// Without a dot.
  var fileExtension: String { rawValue }
}

/// Writes the rows of one file in its format. Used by one thread at a time.
struct RowsWriter {
  // One of the two, each in a place of its own: a writer inside an enumeration would be copied with its buffers at every change.
  private var parquet: ParquetWriter?
  private var csv: CSVWriter?

  init(
    _ format: ExportFormat, _ columns: [ParquetColumn], metadata: [(key: String, value: String)], to sink: @escaping ([UInt8]) throws -> Void
  ) throws {
    switch format {
    case .parquet: parquet = try ParquetWriter(columns, metadata: metadata, to: sink)
    case .csv: csv = try CSVWriter(columns, to: sink)
    }
  }

  mutating func append(_ batch: RecordBatch) throws {
    try parquet?.append(batch)
    try csv?.append(batch)
  }

  /// Writes what is left; called once.
  mutating func finish() throws { try parquet?.finish() }
}
