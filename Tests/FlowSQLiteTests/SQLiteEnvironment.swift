import FlowCore
import FlowSQLite
import Foundation
import StudyModel

/// The environment of the database and the journal, in a real temporary folder.
struct SQLiteEnvironment {
  let folder: String
  var fileSystem: any FileSystem = SQLiteTestFileSystem()
  var run = "run-1"
  var now = Instant(seconds: 1_767_225_600)
  var log: @Sendable (_ message: String, _ metadata: [String: String]) -> Void = { _, _ in }

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("flowrun-sqlite-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    folder = url.path
  }

  /// In an existing folder.
  init(in folder: String) { self.folder = folder }

  func path(_ name: String) -> String { folder + "/" + name }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  func runtime(lane: @escaping @Sendable (String) -> any Lane = { DispatchLane(label: $0) }) -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: SQLiteTestTime(now: now), random: SeededRandomSource(seed: 1), fileSystem: fileSystem,
      transport: SQLiteNoTransport(), json: SQLiteNoExtractor(), executor: DispatchExecutor(), lane: lane, run: run,
      flowSHA256: String(repeating: "a", count: 64), log: log)
  }
}

/// A lane that runs its bodies where the caller is, as under the seeded executor.
struct SQLiteInlineLane: Lane {
  func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result { try body() }
}

/// A settable wall clock over the machine's monotonic one and its timers.
struct SQLiteTestTime: TimeSource {
  var now: Instant
  private let real = DispatchTimeSource()
  init(now: Instant) { self.now = now }
  var monotonic: Duration { real.monotonic }
  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    real.schedule(after: delay, action)
  }
}

/// The calls that the database and the journal make, on the real file system.
struct SQLiteTestFileSystem: FileSystem {
  var isOnNetwork = false

  func open(_ path: String, _ mode: FileOpenMode) throws -> Int32 {
    let descriptor =
      switch mode {
      case .read, .folder: Foundation.open(path, O_RDONLY)
      case .replace(let bits): Foundation.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode_t(bits))
      case .create(let bits): Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL, mode_t(bits))
      case .readWrite(let bits): Foundation.open(path, O_RDWR | O_CREAT, mode_t(bits))
      }
    guard descriptor >= 0 else { throw failure("open", path) }
    return descriptor
  }
  func close(_ descriptor: Int32) { _ = Foundation.close(descriptor) }
  func makeFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw FileSystemError(operation: "create folder", path: path, errno: ENOTDIR, reason: "Not a directory")
    }
  }
  func status(_ path: String) throws -> FileStatus? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return FileStatus(
      isFolder: status.st_mode & S_IFMT == S_IFDIR, isRegularFile: status.st_mode & S_IFMT == S_IFREG,
      sizeBytes: Int64(status.st_size), mode: UInt32(status.st_mode) & 0o7777)
  }
  func lock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws -> Bool {
    var request = flock()
    request.l_type = Int16(F_WRLCK)
    request.l_whence = Int16(SEEK_SET)
    request.l_start = off_t(offset)
    request.l_len = off_t(length)
    if fcntl(descriptor, 37, &request) == 0 { return true }
    guard errno == EAGAIN || errno == EACCES else { throw failure("lock", path) }
    return false
  }
  func unlock(_ descriptor: Int32, offset: Int64, length: Int64, path: String) throws {
    var request = flock()
    request.l_type = Int16(F_UNLCK)
    request.l_whence = Int16(SEEK_SET)
    request.l_start = off_t(offset)
    request.l_len = off_t(length)
    guard fcntl(descriptor, 37, &request) == 0 else { throw failure("unlock", path) }
  }
  func isSymbolicLink(_ path: String) throws -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
  func isNetworkFileSystem(_ path: String) throws -> Bool { isOnNetwork }

  func readAll(_ descriptor: Int32, path: String, limitBytes: Int) throws -> [UInt8] { throw failure("read", path) }
  func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws { throw failure("write", path) }
  func synchronize(_ descriptor: Int32, path: String) throws { if fsync(descriptor) != 0 { throw failure("synchronize", path) } }
  func rename(_ source: String, to destination: String) throws { throw failure("rename", source) }
  func removeFile(_ path: String) throws { throw failure("remove", path) }
  func removeFolder(_ path: String) throws { throw failure("remove", path) }
  func names(in folder: String) throws -> [String] { throw failure("list", folder) }
  func freeBytes(at path: String) throws -> Int64 { throw failure("measure", path) }

  private func failure(_ operation: String, _ path: String) -> FileSystemError {
    FileSystemError(operation: operation, path: path, errno: errno, reason: String(cString: strerror(errno)))
  }
}

struct SQLiteNoTransport: HTTPTransport {
  func send(_ request: HTTPRequest) async throws -> HTTPResponse { throw TransportError(.connection, "there is no network here") }
}

struct SQLiteNoExtractor: RecordExtractor {
  func extract(_ document: [UInt8], mapping: RecordMapping, context: ExtractionContext) throws -> RecordBatch {
    throw ExtractionError(pointer: "", found: "a document", expected: "none")
  }
  func text(at pointer: String, in document: [UInt8]) throws -> String? { nil }
}
