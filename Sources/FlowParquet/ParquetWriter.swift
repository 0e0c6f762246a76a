import FlowCompression
import FlowCore

/// Writes record batches as a Parquet file (github.com/apache/parquet-format), piece by piece: row groups of pages of version 1, compressed
/// with zstd, each with a checksum; bounds and counts for each column chunk.
///
/// The same rows make the same bytes, whatever batches they come in. The memory is that of the encoded pages of one row group, and for each
/// column of the values of one page and a dictionary, of a megabyte at most unless a single text is longer. Used by one thread at a time.
package struct ParquetWriter {
  private static let magic = Array("PAR1".utf8)

  private let rowGroupRows: Int
  private let sink: ([UInt8]) throws -> Void
  private let compressor: Zstandard.FrameCompressor
  private var file: FileMetadata
  private var chunks: [any ColumnChunk]
  /// Rows of the row group that is not written yet.
  private var groupRows = 0
  private var rowCount: Int64 = 0
  private var offset: Int64 = 0
  private var isFinished = false

  /// - Parameters:
  ///   - metadata: names and values for readers, written in this order.
  ///   - rowGroupRows: rows of each row group but the last, from 1. Readers read row groups in parallel, and skip whole ones.
  ///   - sink: takes the bytes of the file in their order.
  /// - Throws: `ParquetProblem` if there is no column, or two have the same name; what the sink throws.
  package init(
    _ columns: [ParquetColumn], metadata: [(key: String, value: String)], rowGroupRows: Int = 1_000_000, to sink: @escaping ([UInt8]) throws -> Void
  ) throws {
    precondition(rowGroupRows > 0, "a row group has at least one row")
    guard let first = columns.first else { throw ParquetProblem(column: "", found: "no name: there are no columns", expected: "at least one") }
    var names: Set<[UInt8]> = []
    for column in columns where !names.insert(Array(column.name.utf8)).inserted || column.name.isEmpty {
      throw ParquetProblem(
        column: column.name, found: column.name.isEmpty ? "an empty name" : "the name of another one", expected: "a name of its own, such as '\(first.name)_2'")
    }
    self.rowGroupRows = rowGroupRows
    self.sink = sink
    compressor = try Zstandard.FrameCompressor(level: 3, hasChecksum: false)
    file = FileMetadata(columns: columns, metadata: metadata)
    chunks = columns.map(\.chunk)
    try write(Self.magic)
  }

  /// Adds the rows of a batch. Its columns are found by their names; it may have others, which are not written.
  /// - Throws: `ParquetProblem` before any row is taken: the writer is as it was. After an error of the sink or of `Zstandard` the file cannot
  ///   be finished.
  package mutating func append(_ batch: RecordBatch) throws {
    precondition(!isFinished, "no rows come after the end of the file")
    let columns = try file.columns.map { try PreparedColumn($0, in: batch, firstRow: rowCount + 1) }
    var rest = 0..<batch.count
    while !rest.isEmpty {
      let rows = rest.prefix(rowGroupRows - groupRows)
      for index in chunks.indices { try chunks[index].append(columns[index], rows: rows, compressor) }
      groupRows += rows.count
      rowCount += Int64(rows.count)
      rest = rest.dropFirst(rows.count)
      if groupRows == rowGroupRows { try endRowGroup() }
    }
  }

  /// Writes what is left, and the description of the file; called once. A file without rows is valid.
  /// - Throws: what the sink throws; `Zstandard.Failure` for lack of memory.
  package mutating func finish() throws {
    precondition(!isFinished, "a file is finished once")
    isFinished = true
    if groupRows > 0 { try endRowGroup() }
    var footer = file.bytes
    footer.appendLittleEndian(UInt32(footer.count))
    try write(footer + Self.magic)
  }

  private mutating func endRowGroup() throws {
    var written: [FileMetadata.Chunk] = []
    for index in chunks.indices { written.append(try write(chunks[index].end(compressor))) }
    file.rowGroups.append(FileMetadata.RowGroup(rowCount: Int64(groupRows), chunks: written))
    groupRows = 0
  }

  private mutating func write(_ chunk: EncodedChunk) throws -> FileMetadata.Chunk {
    var described = FileMetadata.Chunk(
      rowCount: chunk.rowCount, nullCount: chunk.nullCount, bounds: chunk.bounds, offset: offset, pages: FileMetadata.Size(), pageCounts: [])
    if let page = chunk.dictionaryPage {
      described.dictionaryPage = FileMetadata.Size(uncompressed: Int64(page.uncompressedCount), compressed: Int64(page.bytes.count))
      try write(page.bytes)
    }
    for page in chunk.pages {
      described.pages.add(page)
      described.count(page.encoding)
      try write(page.bytes)
    }
    return described
  }

  private mutating func write(_ bytes: [UInt8]) throws {
    try sink(bytes)
    offset += Int64(bytes.count)
  }
}
