import FlowCore

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A pipe for what a program writes. Neither end is inherited by other programs that this process starts.
struct ChildOutput: Sendable {
  /// The caller closes both.
  let reading: Int32
  let writing: Int32

  /// A longer line is given in parts.
  private static let longestLine = 1 << 16
  private static let milliseconds: Int32 = 50

  /// Throws `FileSystemError`.
  static func open() throws -> ChildOutput {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw failure("open") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return ChildOutput(reading: ends[0], writing: ends[1])
  }

  /// Gives every line, the last one also without its end. Ends when nobody has the pipe open any more, or when nothing is left to read and the program
  /// has ended. Blocks. Throws `FileSystemError`.
  func readLines(until hasEnded: () -> Bool, _ body: (String) -> Void) throws {
    var rest: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    defer { if !rest.isEmpty { body(Self.text(rest)) } }
    while true {
      // Asked before the look: what it wrote before its end is seen by the look after it.
      let isOver = hasEnded()
      var wanted = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
      let ready = poll(&wanted, 1, isOver ? 0 : Self.milliseconds)
      if ready < 0, errno != EINTR { throw Self.failure("read") }
      guard ready > 0 else {
        if isOver { return }
        continue
      }
      let count = read(reading, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.failure("read") }
      guard count > 0 else { return }
      rest += buffer[..<count]
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        body(Self.text(rest[..<end]))
        rest.removeFirst(end + 1)
      }
      if rest.count >= Self.longestLine {
        body(Self.text(rest))
        rest = []
      }
    }
  }

  private static func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

  private static func failure(_ operation: String) -> FileSystemError {
    let number = errno
    return FileSystemError(operation: operation, path: "the pipe of a program's output", errno: number, reason: String(cString: strerror(number)))
  }
}
