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

/// A local file while an export writes it. A lock says that it is in use; what nobody locks was left behind by an export that was killed.
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
      // Where the file system has no locks, a second export with this state folder takes the file for a leftover, and this one fails.
      _ = try? fileSystem.lock(sink.descriptor, offset: 0, length: 1, path: path)
      writer = try RowsWriter(format, columns, metadata: metadata) { try sink.take($0) }
    } catch {
      // The first error counts. What cannot be removed now is removed by the next export.
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

  /// Removes the files of exports that were killed.
  static func clear(_ folder: String, _ fileSystem: any FileSystem) throws {
    for name in try fileSystem.names(in: folder) where name.hasPrefix(prefix) {
      let path = "\(folder)/\(name)"
      let descriptor = try fileSystem.open(path, .readWrite(mode: 0o600))
      defer { fileSystem.close(descriptor) }
      if try fileSystem.lock(descriptor, offset: 0, length: 1, path: path) { try fileSystem.removeFile(path) }
    }
  }

  /// How the names of these files begin.
  static let prefix = "partition-"
}
