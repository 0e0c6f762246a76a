import FlowCore
import FlowParquet
import FlowTesting
import Foundation
import Testing

/// Rows with everything that a Parquet file of them should say, for Scripts/read_back.py.
struct ExpectedTable {
  var columns: [ParquetColumn]
  /// The values of each column in its order.
  var batch: RecordBatch
  var metadata: [(key: String, value: String)] = []
  var rowGroupRows = 1_000_000

  /// The file, its rows in batches of these sizes; what is left is the last one.
  func file(cut sizes: [Int] = []) throws -> [UInt8] {
    let bytes = Locked<[UInt8]>([])
    var writer = try ParquetWriter(columns, metadata: metadata, rowGroupRows: rowGroupRows) { piece in bytes.withLock { $0 += piece } }
    var start = 0
    for size in sizes + [batch.count] where start < batch.count {
      let end = min(batch.count, start + size)
      try writer.append(batch.rows(start..<end))
      start = end
    }
    try writer.finish()
    return bytes.withLock { $0 }
  }

  /// What other implementations read differently.
  func differences(readers: [String] = ["pyarrow", "duckdb", "polars", "fastparquet"]) async throws -> [String] {
    let folder = try TemporaryFolder()
    try Data(try file()).write(to: URL(filePath: folder.path("file.parquet")))
    try write(to: folder)
    let output = try await PythonTools.run(
      "Tests/FlowParquetTests/Scripts/read_back.py", [folder.path("file.parquet"), folder.path] + readers, input: [])
    return try JSONDecoder().decode([String].self, from: Data(output))
  }

  private struct Description: Encodable {
    struct Column: Encodable {
      var name: String
      var kind: String
      var required: Bool
    }
    var columns: [Column]
    var metadata: [[String]]
    var groupRows: Int
  }

  private func write(to folder: TemporaryFolder) throws {
    let description = Description(
      columns: columns.map { Description.Column(name: $0.name, kind: "\($0.kind)", required: $0.isRequired) },
      metadata: metadata.map { [$0.key, $0.value] }, groupRows: rowGroupRows)
    try JSONEncoder().encode(description).write(to: URL(filePath: folder.path("table.json")))
    for (number, column) in columns.enumerated() {
      let values = try #require(batch[column.name])
      func write(_ suffix: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(filePath: folder.path("\(number).\(suffix)"))) }
      try write("nulls", (0..<batch.count).map { values.isNull?[$0] == true ? 1 : 0 })
      switch values.values {
      case .integer(let integers): try write("values", integers.withUnsafeBytes { Array($0) })
      case .real(let reals): try write("values", reals.withUnsafeBytes { Array($0) })
      case .text(let texts):
        try write("values", texts.flatMap { Array($0.utf8) })
        try write("lengths", texts.map { Int64($0.utf8.count) }.withUnsafeBytes { Array($0) })
      }
    }
  }
}
