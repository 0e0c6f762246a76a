import FlowCore
import StudyModel

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Standard output, and whether all that was written to it has arrived. One for the process, as standard output itself is.
enum StandardOutput {
  private static let loss = Locked<Int32?>(nil)

  /// Why something that was written is lost; nil: nothing is.
  static var lost: String? { loss.withLock { $0 }.map { String(cString: strerror($0)) } }

  static func write(_ text: String) {
    guard let number = Descriptor.write(text, to: STDOUT_FILENO) else { return }
    // A reader that went away (`| head`) has what it wanted.
    if number != EPIPE { loss.withLock { $0 = $0 ?? number } }
  }
}

/// Writing to a descriptor of the process.
enum Descriptor {
  /// Writes all of it, waiting where the other side is slow. Returns the number of the error that kept it from that.
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

  /// Columns of the terminal that a descriptor is; nil if it is none or does not say.
  static func columns(of descriptor: Int32) -> Int? {
    var size = winsize()
    return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : nil
  }
}
