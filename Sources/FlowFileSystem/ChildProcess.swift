import CPosix
import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A program that this process has started, the leader of a process group of its own. Signals are handled there as by default, and none is blocked: a
/// thread of this process may block them all.
package struct ChildProcess: Sendable {
  package enum Ending: Sendable, Equatable {
    case exit(code: Int32)
    case signal(Int32)
  }

  /// Its process id, and that of its group.
  package let identifier: Int32

  /// Starts a program with the environment and the standard error of this process. Throws `FileSystemError`.
  /// - Parameters:
  ///   - words: the program's path, and its arguments.
  ///   - input: the descriptor that is its standard input; `output` likewise. Both may be closed afterwards.
  package static func start(_ words: [String], input: Int32, output: Int32) throws -> ChildProcess {
    let copies = words.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { UnsafePointer($0) } + [nil]
    let identifier = cposix_spawn(pointers, input, output)
    guard identifier > 0 else {
      let number = errno
      throw FileSystemError(operation: "start", path: words.first ?? "", errno: number, reason: String(cString: strerror(number)))
    }
    return ChildProcess(identifier: identifier)
  }

  /// Waits for its end; blocks. May be called once. Throws `FileSystemError`.
  package func wait() throws -> Ending {
    var signal: Int32 = 0
    let code = cposix_wait(identifier, &signal)
    guard code >= 0 else {
      let number = errno
      throw FileSystemError(operation: "wait for", path: "process \(identifier)", errno: number, reason: String(cString: strerror(number)))
    }
    return signal == 0 ? .exit(code: code) : .signal(signal)
  }

  /// Sends a signal to it and to all that it has started, as far as they are still there.
  package func signalGroup(_ number: Int32) { _ = kill(-identifier, number) }
}
