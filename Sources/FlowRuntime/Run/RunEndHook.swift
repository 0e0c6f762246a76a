import FlowCore
import FlowFileSystem
import Foundation
import StudyModel

/// The user's own command at the end of a run: `sh -c COMMAND`, with the report as JSON on standard input.
package struct RunEndHook: Sendable {
  /// How long the command may take; then it is asked to end, and five seconds later ended.
  package static let usualLimit = Duration.seconds(60)
  private static let patience = Duration.seconds(5)

  /// The command's own shell has the variables beside those of this process, and no words of its own. No text becomes part of a command but the user's.
  private static let start = "FLOWRUN_RUN=$1 FLOWRUN_FLOW=$2 FLOWRUN_EXIT=$3 exec /bin/sh -c \"$4\""

  private let command: String
  private let limit: Duration
  private let time: any TimeSource
  private let fileSystem = POSIXFileSystem()

  package init(_ command: String, limit: Duration = RunEndHook.usualLimit, time: any TimeSource = DispatchTimeSource()) {
    self.command = command
    self.limit = limit
    self.time = time
  }

  /// Runs the command to its end. Its output goes to standard error, because standard output has the report. It is a process group of its own, which
  /// is ended as a whole.
  /// - Returns: why it failed, in words; nil if it succeeded.
  package func run(_ report: RunReport) async -> String? {
    do {
      return try await outcome(of: Array(try JSONOutput.text(report).utf8) + [UInt8(ascii: "\n")], report)
    } catch {
      return "cannot be started: \(error)"
    }
  }

  private func outcome(of input: [UInt8], _ report: RunReport) async throws -> String? {
    let standardInput = try file(with: input)
    let child = try withClosing {
      try ChildProcess.start(["/bin/sh", "-c", Self.start, "sh", report.run, report.flow, "\(report.exit)", command], input: standardInput, output: 2)
    } close: {
      fileSystem.close(standardInput)
    }
    let isLate = Locked(false)
    let asking = time.schedule(after: limit) {
      isLate.withLock { $0 = true }
      child.signalGroup(SIGTERM)
    }
    let ending = time.schedule(after: limit + Self.patience) { child.signalGroup(SIGKILL) }
    let end = try await DispatchLane(label: "end of run").run { try child.wait() }
    asking.cancel()
    ending.cancel()
    if isLate.withLock({ $0 }) {
      // What its shell has left behind.
      child.signalGroup(SIGKILL)
      return "took longer than \(Units.text(of: limit)) and was ended"
    }
    switch end {
    case .exit(code: 0): return nil
    case .exit(let code): return "ended with exit code \(code)"
    case .signal(let number): return "was ended by signal \(number)"
    }
  }

  /// The descriptor of a file without a name, and not of a pipe: a command that reads nothing must not block.
  private func file(with bytes: [UInt8]) throws -> Int32 {
    let path = FileManager.default.temporaryDirectory.appending(path: "flowrun-report-\(FlowFileID(SystemRandomSource()).text).json").path(percentEncoded: false)
    let writing = try fileSystem.open(path, .replace(mode: 0o600))
    try withClosing {
      try fileSystem.write(bytes, to: writing, path: path)
    } close: {
      fileSystem.close(writing)
    }
    let reading = try fileSystem.open(path, .read)
    try fileSystem.removeFile(path)
    return reading
  }
}
