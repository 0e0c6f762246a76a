#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif
import Foundation

extension Terminal {
  /// Columns that standard output shows: those of `COLUMNS`, else of the terminal; nil where it is none, and nothing need be cut.
  var width: Int? {
    if let columns = ProcessInfo.processInfo.environment["COLUMNS"].flatMap({ Int($0) }), columns > 0 { return columns }
    guard isatty(STDOUT_FILENO) == 1 else { return nil }
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
    return Int(size.ws_col)
  }
}
