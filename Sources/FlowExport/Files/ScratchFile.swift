import FlowCore
import FlowCrypto
import FlowParquet

/// A finished local file of an export.
struct WrittenFile: Sendable, Equatable {
  var rows: Int64
  var bytes: Int64
  /// 32 bytes.
  var sha256: [UInt8]
}

/// A local file while an export writes it, in the export's work folder.
///
/// Every call blocks; used by one thread at a time.
final class ScratchFile {
  let path: String
  private let fileSystem: any FileSystem
  private let sink: Sink
  private var writer: RowsWriter
  private var rows: Int64 = 0

  /// Where the bytes go.
  private final class Sink {
    let fileSystem: any FileSystem
    let path: String
    let descriptor: Int32
    let hash = RunningSHA256()
    var count: Int64 = 0

    init(_ path: String, _ fileSystem: any FileSystem) throws {
      self.fileSystem = fileSystem
      self.path = path
      descriptor = try fileSystem.open(path, .readWrite(mode: 0o600))
    }

    deinit { fileSystem.close(descriptor) }

    func take(_ bytes: [UInt8]) throws {
      hash.update(bytes)
      count += Int64(bytes.count)
      try fileSystem.write(bytes, to: descriptor, path: path)
    }
  }

  /// - Parameter path: of a new file.
  init(
    _ path: String, _ format: ExportFormat, _ columns: [ParquetColumn], metadata: [(key: String, value: String)], _ fileSystem: any FileSystem
  ) throws {
    self.path = path
    self.fileSystem = fileSystem
    let sink = try Sink(path, fileSystem)
    self.sink = sink
    do {
      writer = try RowsWriter(format, columns, metadata: metadata) { try sink.take($0) }
    } catch {
      // The first error counts. What cannot be removed now is removed with the folder.
      try? fileSystem.removeFile(path)
      throw error
    }
  }

  func append(_ batch: RecordBatch) throws {
    try writer.append(batch)
    rows += Int64(batch.count)
  }

  /// Writes what is left. The file stays until `remove`.
  func finish() throws -> WrittenFile {
    try writer.finish()
    return WrittenFile(rows: rows, bytes: sink.count, sha256: sink.hash.finish())
  }

  func remove() throws {
    if try fileSystem.status(path) != nil { try fileSystem.removeFile(path) }
  }
}
