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

  /// Starts a program. Of this process's descriptors it gets the three that are given, and no other: what it leaves behind holds nothing of this process.
  /// Throws `FileSystemError`.
  /// - Parameters:
  ///   - words: the program's path, and its arguments.
  ///   - environment: nil: that of this process.
  ///   - folder: where it runs; nil: where this process does.
  ///   - input: the descriptor that is its standard input; `output` and `errors` likewise, which may be 2, this process's own. They may be closed afterwards.
  package static func start(
    _ words: [String], environment: [String: String]? = nil, folder: String? = nil, input: Int32, output: Int32, errors: Int32 = 2
  ) throws -> ChildProcess {
    precondition(input > 2 && (output > 2 || output == 2) && (errors > 2 || errors == 2), "a standard descriptor would be replaced before it is given on")
    let variables = environment.map { variables in variables.map { "\($0)=\($1)" }.sorted() }
    let identifier = withPointers(to: words) { words in
      variables.map { withPointers(to: $0) { cposix_spawn(words, $0, folder, [input, output, errors]) } } ?? cposix_spawn(words, nil, folder, [input, output, errors])
    }
    guard identifier > 0 else {
      let number = errno
      throw FileSystemError(operation: "start", path: words.first ?? "", errno: number, reason: String(cString: strerror(number)))
    }
    return ChildProcess(identifier: identifier)
  }

  /// C's form of texts: a list that ends with NULL.
  private static func withPointers<Result>(to texts: [String], _ body: ([UnsafePointer<CChar>?]) -> Result) -> Result {
    let copies = texts.map { strdup($0) }
    // free() leaves errno alone since glibc 2.33; before, it could change it.
    defer {
      let number = errno
      for copy in copies { free(copy) }
      errno = number
    }
    return body(copies.map { UnsafePointer($0) } + [nil])
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
