import FlowCore
import FlowFileSystem
import Foundation
import StudyModel

/// The user's own command at the end of a run: `sh -c COMMAND`, with the report as JSON on standard input.
package struct RunEndHook: Sendable {
  /// How long the command may take; then it is asked to end, and five seconds later ended.
  package static let usualLimit = Duration.seconds(60)
  private static let patience = Duration.seconds(5)

  private let command: String
  private let limit: Duration
  private let time: any TimeSource

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
    let standardInput = try Self.file(with: input)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/sh")
    process.arguments = ["-c", command]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["FLOWRUN_RUN": report.run, "FLOWRUN_FLOW": report.flow, "FLOWRUN_EXIT": "\(report.exit)"]) { $1 }
    process.standardInput = standardInput
    process.standardOutput = FileHandle(fileDescriptor: 2, closeOnDealloc: false)
    process.standardError = FileHandle(fileDescriptor: 2, closeOnDealloc: false)
    let (ended, end) = AsyncStream.makeStream(of: Void.self)
    process.terminationHandler = { _ in end.finish() }
    try process.run()
    let identifier = process.processIdentifier
    let isLate = Locked(false)
    let asking = time.schedule(after: limit) {
      isLate.withLock { $0 = true }
      kill(-identifier, SIGTERM)
    }
    let ending = time.schedule(after: limit + Self.patience) { kill(-identifier, SIGKILL) }
    for await _ in ended {}
    asking.cancel()
    ending.cancel()
    if isLate.withLock({ $0 }) { return "took longer than \(Units.text(of: limit)) and was ended" }
    if process.terminationReason == .uncaughtSignal { return "was ended by signal \(process.terminationStatus)" }
    return process.terminationStatus == 0 ? nil : "ended with exit code \(process.terminationStatus)"
  }

  /// A file without a name, and not a pipe: a command that reads nothing must not block.
  private static func file(with bytes: [UInt8]) throws -> FileHandle {
    let path = FileManager.default.temporaryDirectory.appending(path: "flowrun-report-\(UUID().uuidString).json")
    let files = POSIXFileSystem()
    let descriptor = try files.open(path.path(percentEncoded: false), .readWrite(mode: 0o600))
    files.close(descriptor)
    try Data(bytes).write(to: path)
    let handle = try FileHandle(forReadingFrom: path)
    try FileManager.default.removeItem(at: path)
    return handle
  }
}
