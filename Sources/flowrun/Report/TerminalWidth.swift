#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif
import Foundation

extension Terminal {
  /// Width of standard error; 80 if it is not known.
  var errorWidth: Int { Self.size(of: STDERR_FILENO).columns }

  /// Width of standard output: `COLUMNS`, otherwise the terminal's; nil if it is not a terminal, so that nothing is
  /// cut.
  var width: Int? {
    if let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return columns }
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
