import FlowCore
import Foundation

/// Reads real files and counts the bytes read; any other call is an error of the test.
final class ReadingFileSystem: FileSystem {
  private let counter = Locked(0)
  var bytesRead: Int { counter.withLock { $0 } }

  func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 {
    let descriptor = Foundation.open(path, O_RDONLY)
    guard descriptor >= 0 else { throw failure("open", path) }
    return descriptor
  }
  func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] {
    let data = try FileHandle(fileDescriptor: descriptor).read(upToCount: limitBytes + 1) ?? Data()
    counter.withLock { $0 += data.count }
    guard data.count <= limitBytes else {
      throw FileSystemError(operation: "read", path: path, errno: EFBIG, reason: "too large")
    }
    return Array(data)
  }
  func close(_ descriptor: Int32) { _ = Foundation.close(descriptor) }
  func status(_ path: String) throws -> FileStatus? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    let kind = status.st_mode & S_IFMT
    return FileStatus(
      isFolder: kind == S_IFDIR, isRegularFile: kind == S_IFREG, sizeBytes: Int64(status.st_size),
      mode: UInt32(status.st_mode))
  }

  private func failure(_ operation: String, _ path: String, _ number: Int32 = errno) -> FileSystemError {
    FileSystemError(operation: operation, path: path, errno: number, reason: String(cString: strerror(number)))
  }
  private func refuse(_ operation: String) -> FileSystemError { failure(operation, "", ENOSYS) }

  func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws { throw refuse("write") }
  func synchronize(_ descriptor: Int32, path: String) throws { throw refuse("synchronize") }
  func rename(_ source: String, to destination: String) throws { throw refuse("rename") }
  func removeFile(_ path: String) throws { throw refuse("remove") }
  func removeFolder(_ path: String) throws { throw refuse("remove") }
  func makeFolder(_ path: String) throws { throw refuse("make") }
  func names(in folder: String) throws -> [String] { throw refuse("list") }
  func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool { throw refuse("lock") }
  func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws { throw refuse("unlock") }
  func freeBytes(at path: String) throws -> Int64 { throw refuse("measure") }
  func isNetworkFileSystem(_ path: String) throws -> Bool { throw refuse("examine") }
}
