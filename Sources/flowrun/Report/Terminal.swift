#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif
import FlowCore
import Foundation
import StudyModel

/// Standard output and standard error, with their capabilities.
///
/// Other output replaces the progress line, which reappears with its next update.
struct Terminal: Sendable {
  enum Style: String { case bold = "1", dim = "2", red = "31", green = "32", yellow = "33" }

  let isQuiet: Bool
  let isVerbose: Bool
  private let colorsOutput: Bool
  private let colorsErrors: Bool
  /// Whether standard error is a terminal that can redraw a line.
  let showsProgress: Bool
  /// Whether standard output is a terminal that can redraw its screen.
  let drawsScreens: Bool
  private let isProgressShown = Locked(false)

  init(_ options: OutputOptions) {
    let environment = ProcessInfo.processInfo.environment
    let isPlain = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    func colors(_ descriptor: Int32) -> Bool {
      options.color == .always || (options.color == .auto && !isPlain && isatty(descriptor) == 1)
    }
    isQuiet = options.quiet
    isVerbose = options.verbose
    colorsOutput = colors(STDOUT_FILENO)
    colorsErrors = colors(STDERR_FILENO)
    drawsScreens = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
    showsProgress = !options.quiet && isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
  }

  /// Prints a line of data.
  func print(_ line: String) {
    clearProgress()
    StandardOutput.write(line + "\n")
  }
  /// Prints a line for the user, unless output is quiet.
  func note(_ line: String) { if !isQuiet { complain(line) } }
  /// Prints a line for the user even with -q.
  func complain(_ line: String) { writeError(takeProgress() + line + "\n") }

  /// Redraws the progress line, cut to the terminal's width.
  func progress(_ line: String) {
    let width = Descriptor.columns(of: STDERR_FILENO).map { max($0 - 1, 1) } ?? line.count
    isProgressShown.withLock { $0 = true }
    writeError(Self.erase + (line.count > width ? line.prefix(width - 1) + "…" : line))
  }
  /// Shows lines in place of what is on the screen of standard output.
  func redraw(_ lines: [String]) {
    StandardOutput.write("\u{1B}[H" + lines.map { $0 + "\u{1B}[K\n" }.joined() + "\u{1B}[J")
  }
  func clearProgress() { writeError(takeProgress()) }

  func styled(_ text: String, _ style: Style, onErrors: Bool = false) -> String {
    (onErrors ? colorsErrors : colorsOutput) ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  private static let erase = "\r\u{1B}[2K"

  /// The escape sequence that erases the progress line, if it is shown.
  private func takeProgress() -> String {
    isProgressShown.withLock { isShown in
      defer { isShown = false }
      return isShown ? Self.erase : ""
    }
  }

  /// Errors are ignored: there is nowhere to report that standard error cannot be written.
  private func writeError(_ text: String) {
    if !text.isEmpty { _ = Descriptor.write(text, to: STDERR_FILENO) }
  }
}
