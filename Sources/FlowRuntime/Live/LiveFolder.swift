import FlowCore
import Foundation
import NIOCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The sockets of the runs under way: `STATE/live/RUN.sock`, mode 0600 in a folder of mode 0700.
///
/// All methods block for a system call.
struct LiveFolder: Sendable {
  static let suffix = ".sock"

  let path: String

  /// - Parameter state: path of the state folder.
  init(state: String) { path = state + "/live" }

  static func absolute(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path(percentEncoded: false) }

  /// A run's id is also a file's name.
  static func isRun(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 100 && !name.hasPrefix(".") && name.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 > 32 && $0 < 127 }
  }

  /// The ids of runs that have a socket, sorted; the newest is the last. Some may be left over from a run that was killed.
  func runs() -> [String] {
    // A folder that is not there, or not ours, has no runs to watch.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(Self.suffix) }.map { String($0.dropLast(Self.suffix.count)) }.filter(Self.isRun).sorted()
  }

  func socket(of run: String) -> String { "\(path)/\(run)\(Self.suffix)" }
  /// Where a socket is made before it can be found.
  func hidden(of run: String) -> String { "\(path)/.\(run)\(Self.suffix)" }

  /// Throws `FileSystemError`.
  func make() throws {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw FileSystemError(operation: "create folder", path: path, errno: errno, reason: error.localizedDescription)
    }
    guard chmod(path, 0o700) == 0 else { throw Self.failure("make private", path) }
  }

  /// Lets only this user connect, and then lets others find the socket.
  func show(_ run: String) throws {
    guard chmod(hidden(of: run), 0o600) == 0 else { throw Self.failure("make private", hidden(of: run)) }
    guard rename(hidden(of: run), socket(of: run)) == 0 else { throw Self.failure("rename", hidden(of: run)) }
  }

  /// Removes sockets that were made before a moment and never shown: their runs were killed in between.
  func removeHidden(before moment: Instant) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(Self.suffix) {
      guard let made = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.modificationDate] as? Date else { continue }
      if Instant(milliseconds: Int64(made.timeIntervalSince1970 * 1000)) < moment { unlink("\(path)/\(name)") }
    }
  }

  func remove(_ run: String) {
    // Another reader may have swept it away.
    unlink(socket(of: run))
    unlink(hidden(of: run))
  }

  /// Calls `body` with an address for the path of a socket in this folder. The system limits addresses to some 100 bytes; where a path is longer,
  /// Linux reaches it through an open folder.
  func withAddress<Result>(_ socket: String, _ body: (SocketAddress) async throws -> Result) async throws -> Result {
    if let address = try? SocketAddress(unixDomainSocketPath: socket) { return try await body(address) }
    #if os(Linux)
      let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard descriptor >= 0 else { throw Self.failure("open folder", path) }
      defer { Glibc.close(descriptor) }
      return try await body(SocketAddress(unixDomainSocketPath: "/proc/self/fd/\(descriptor)/\(socket.split(separator: "/").last ?? "")"))
    #else
      throw FileSystemError(
        operation: "make socket", path: socket, errno: ENAMETOOLONG,
        reason: "the path has \(socket.utf8.count) bytes; expected at most 103: name a state folder with a shorter path with --state")
    #endif
  }

  private static func failure(_ operation: String, _ path: String) -> FileSystemError {
    let number = errno
    return FileSystemError(operation: operation, path: path, errno: number, reason: String(cString: strerror(number)))
  }
}
