#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif
import FlowCore
import FlowRuntime
import Foundation
import StudyModel

/// Standard output and standard error, with their capabilities.
///
/// Progress is a block of lines below all other output.
struct Terminal: Sendable {
  enum Style: String { case bold = "1", dim = "2", red = "31", green = "32", yellow = "33" }

  let isQuiet: Bool
  let isVerbose: Bool
  private let colorsOutput: Bool
  private let colorsErrors: Bool
  /// Whether standard error is a terminal that can redraw lines.
  let showsProgress: Bool
  /// Whether progress is told now and then, because it cannot be drawn.
  let notesProgress: Bool
  /// Whether standard output is a terminal that can redraw lines.
  let redrawsOutput: Bool
  /// Of standard error.
  private let logFormat: OutputOptions.LogFormat
  /// Whether standard error is for programs.
  var writesLog: Bool { logFormat == .json }
  private let run = Locked<String?>(nil)
  private let progress = Locked(LiveBlock())
  private let page = Locked(LiveBlock())

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
    logFormat = options.logFormat
    redrawsOutput = isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb"
    showsProgress = !options.quiet && isatty(STDERR_FILENO) == 1 && environment["TERM"] != "dumb" && options.logFormat == .text
    notesProgress = !options.quiet && !showsProgress
  }

  /// Prints a line of data.
  func print(_ line: String) {
    clearProgress()
    StandardOutput.write(line + "\n")
  }
  /// Prints a line for the user, unless output is quiet.
  func note(_ line: String) { if !isQuiet { tell(line, LogRecord(text: line, otherwise: .info)) } }
  /// Prints a line for the user even with -q.
  func complain(_ line: String) { tell(line, LogRecord(text: line, otherwise: .error)) }
  /// Prints a line of which a log keeps more members, unless output is quiet.
  func note(_ line: String, as logRecord: LogRecord) { if !isQuiet { tell(line, logRecord) } }
  /// Prints what another program has said, for a log; even with -q.
  func pass(on logRecord: LogRecord) { tell(logRecord.message, logRecord) }
  /// Says of which run the lines of a log are from now on.
  func concerns(run id: String) { run.withLock { $0 = id } }

  private func tell(_ line: String, _ logRecord: LogRecord) {
    let line = logFormat == .json ? logRecord.json(time: DispatchTimeSource().now.text, run: run.withLock { $0 }) : line
    progress.withLock { writeError($0.insert(line + "\n", columns: Self.size(of: STDERR_FILENO).columns)) }
  }

  /// Redraws the progress.
  /// - Parameter lines: makes them for the terminal's present size. Called under a lock: it must not print.
  func progress(_ lines: (TerminalSize) -> [String]) {
    // Written under the lock: what the block takes for its place on the screen must be what is there.
    progress.withLock { block in
      let size = Self.size(of: STDERR_FILENO)
      writeError(block.draw(lines(size), columns: size.columns))
    }
  }
  /// Redraws lines of standard output; the last ones stay.
  /// - Parameter lines: as for `progress`.
  func redraw(_ lines: (TerminalSize) -> [String]) {
    page.withLock { block in
      let size = Self.size(of: STDOUT_FILENO)
      StandardOutput.write(block.draw(lines(size), columns: size.columns))
    }
  }
  func clearProgress() { progress.withLock { writeError($0.erase(columns: Self.size(of: STDERR_FILENO).columns)) } }

  func styled(_ text: String, _ style: Style, onErrors: Bool = false) -> String {
    (onErrors ? colorsErrors : colorsOutput) ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  static func size(of descriptor: Int32) -> TerminalSize { Descriptor.size(of: descriptor) ?? LivePage.usual }

  /// Errors are ignored: there is nowhere to report that standard error cannot be written.
  private func writeError(_ text: String) {
    if !text.isEmpty { _ = Descriptor.write(text, to: STDERR_FILENO) }
  }
}
