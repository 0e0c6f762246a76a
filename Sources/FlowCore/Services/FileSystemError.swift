#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A failed system call: the operation, the path and the system's reason.
package struct FileSystemError: Error, Sendable, Equatable, CustomStringConvertible {
  package var operation: String
  package var path: String
  package var errno: Int32
  package var reason: String

  package init(operation: String, path: String, errno: Int32, reason: String) {
    self.operation = operation
    self.path = path
    self.errno = errno
    self.reason = reason
  }

  package var description: String { "cannot \(operation) \(path): \(reason)" }

  /// Whether something has no entry of its name, or its folder is gone.
  package var isNotThere: Bool { errno == ENOENT }

  /// Whether the file system has no locks, as some network file systems.
  package var hasNoLocks: Bool { [ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP, EINVAL].contains(errno) }
}
