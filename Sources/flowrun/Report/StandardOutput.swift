import FlowCore
import StudyModel

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Standard output of the process, with a record of write errors.
enum StandardOutput {
  private static let loss = Locked<Int32?>(nil)
  private static let closed = Locked(false)

  /// Whether the reader has closed the pipe.
  static var isClosed: Bool { closed.withLock { $0 } }

  /// Why output was lost; nil if none was.
  static var lost: String? { loss.withLock { $0 }.map { String(cString: strerror($0)) } }

  static func write(_ text: String) {
    guard let number = Descriptor.write(text, to: STDOUT_FILENO) else { return }
    // A reader that closed the pipe (`| head`) does not need the rest.
    if number == EPIPE { closed.withLock { $0 = true } } else { loss.withLock { $0 = $0 ?? number } }
  }
}

/// Writes to a file descriptor of the process.
enum Descriptor {
  /// Writes everything, waiting for a slow reader. Returns the errno if that fails.
  static func write(_ text: String, to descriptor: Int32) -> Int32? {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&ready, 1, -1)
      } else if errno != EINTR {
        return errno
      }
    }
    return nil
  }

  private static func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
    #if canImport(Darwin)
      Darwin.write(descriptor, bytes, count)
    #else
      Glibc.write(descriptor, bytes, count)
    #endif
  }

  /// Nil if the descriptor is not a terminal or its size is unknown.
  static func size(of descriptor: Int32) -> TerminalSize? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
    return TerminalSize(columns: Int(size.ws_col), rows: Int(size.ws_row))
  }
}

/// In characters.
struct TerminalSize: Sendable, Equatable {
  var columns: Int
  var rows: Int
}
