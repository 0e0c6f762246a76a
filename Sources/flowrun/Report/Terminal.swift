#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif
import Foundation

/// Standard output and standard error, and what they can show.
struct Terminal: Sendable {
  enum Style: String { case bold = "1", dim = "2", red = "31", green = "32", yellow = "33" }

  let isQuiet: Bool
  let isVerbose: Bool
  private let colorsOutput: Bool
  private let colorsErrors: Bool
  /// Standard error is a terminal that can redraw a line.
  let showsProgress: Bool

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
    showsProgress = !options.quiet && isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb"
  }

  /// A line of data.
  func print(_ line: String) { write(line + "\n", to: .standardOutput) }
  /// A line for people, beside the data.
  func note(_ line: String) { if !isQuiet { write(line + "\n", to: .standardError) } }
  /// A line that is shown even with -q.
  func complain(_ line: String) { write(line + "\n", to: .standardError) }
  /// Redraws the progress line.
  func progress(_ line: String) { write("\r\u{1B}[2K" + line, to: .standardError) }
  func clearProgress() { if showsProgress { write("\r\u{1B}[2K", to: .standardError) } }

  func styled(_ text: String, _ style: Style, onErrors: Bool = false) -> String {
    (onErrors ? colorsErrors : colorsOutput) ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// A reader that went away (`| head`) is no failure of ours.
  private func write(_ text: String, to handle: FileHandle) { try? handle.write(contentsOf: Data(text.utf8)) }
}
