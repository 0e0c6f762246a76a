import FlowCore
import FlowFileSystem
import Foundation
import StudyModel

/// The user's own command at the end of a run: `sh -c COMMAND`, with the report as JSON on standard input. May be used from any thread.
package final class RunEndHook: Sendable {
  /// How long the command may take; then it is asked to end, and five seconds later ended.
  package static let usualLimit = Duration.seconds(600)
  private static let patience = Duration.seconds(5)
  /// After this time it is said that it is waited for.
  private static let silence = Duration.seconds(3)

  /// The command's own shell has the variables beside those of this process, and no words of its own. No text becomes part of a command but the user's.
  private static let start = "FLOWRUN_RUN=$1 FLOWRUN_FLOW=$2 FLOWRUN_EXIT=$3 exec /bin/sh -c \"$4\" 2>&1"

  private struct State: Sendable {
    var child: ChildProcess?
    /// The first signal that was passed on.
    var signal: Int32?
    var isLate = false
    var endings: [ScheduledAction] = []
  }

  private let command: String
  private let limit: Duration
  private let time: any TimeSource
  private let output: (@Sendable (String) -> Void)?
  private let isWaiting: @Sendable () -> Void
  private let fileSystem = POSIXFileSystem()
  private let state = Locked(State())

  /// - Parameters:
  ///   - output: takes each line that the command writes; nil: it writes to the standard error of this process itself.
  ///   - isWaiting: called once if the command takes longer than some seconds.
  package init(
    _ command: String, limit: Duration = RunEndHook.usualLimit, time: any TimeSource = DispatchTimeSource(), output: (@Sendable (String) -> Void)? = nil,
    isWaiting: @escaping @Sendable () -> Void = {}
  ) {
    self.command = command
    self.limit = limit
    self.time = time
    self.output = output
    self.isWaiting = isWaiting
  }

  /// Passes a signal on to the command and all that it has started. Five seconds after the first one, and with the second one, they are ended. One that
  /// comes before the command has begun is kept for it.
  package func pass(signal number: Int32) {
    let (child, isFirst) = state.withLock { state in
      defer { state.signal = state.signal ?? number }
      return (state.child, state.signal == nil)
    }
    guard let child else { return }
    child.signalGroup(isFirst ? number : SIGKILL)
    if isFirst { endLater(child, after: Self.patience) }
  }

  private func endLater(_ child: ChildProcess, after delay: Duration) {
    let ending = time.schedule(after: delay) { child.signalGroup(SIGKILL) }
    state.withLock { $0.endings.append(ending) }
  }

  /// Runs the command to its end, once. Without `output`, its output goes to standard error, because standard output has the report. It is a process group of
  /// its own, which is ended as a whole when it is late or a signal was passed on.
  /// - Returns: why it failed, in words; nil if it succeeded.
  package func run(_ report: RunReport) async -> String? {
    do {
      return try await outcome(of: Array(try JSONOutput.text(report).utf8) + [UInt8(ascii: "\n")], report)
    } catch {
      return "cannot be started: \(error)"
    }
  }

  private func outcome(of input: [UInt8], _ report: RunReport) async throws -> String? {
    let pipe = try output.map { _ in try ChildOutput.open() }
    let child = try start(input, report, pipe?.writing ?? 2)
    let earlier = state.withLock { state in
      state.child = child
      return state.signal
    }
    if let earlier {
      child.signalGroup(earlier)
      endLater(child, after: Self.patience)
    }
    let notice = time.schedule(after: Self.silence) { [isWaiting] in isWaiting() }
    let asking = time.schedule(after: limit) { [self] in
      state.withLock { $0.isLate = true }
      child.signalGroup(SIGTERM)
      endLater(child, after: Self.patience)
    }
    let hasEnded = Locked(false)
    async let told: Void = tell(pipe) { hasEnded.withLock { $0 } }
    let end: Result<ChildProcess.Ending, any Error>
    do { end = .success(try await DispatchLane(label: "end of run").run { try child.wait() }) } catch { end = .failure(error) }
    notice.cancel()
    asking.cancel()
    let last = state.withLock { state in
      // Its number may be another process's from now on.
      state.child = nil
      return state
    }
    for ending in last.endings { ending.cancel() }
    // What its shell has left behind.
    if last.isLate || last.signal != nil { child.signalGroup(SIGKILL) }
    hasEnded.withLock { $0 = true }
    await told
    return words(try end.get(), last)
  }

  private func words(_ end: ChildProcess.Ending, _ state: State) -> String? {
    if state.isLate { return "took longer than \(Units.text(of: limit)) and was ended" }
    if state.signal != nil { return "was interrupted by a signal and ended" }
    switch end {
    case .exit(code: 0): return nil
    case .exit(let code): return "ended with exit code \(code)"
    case .signal(let number): return "was ended by signal \(number)"
    }
  }

  /// - Parameter standardOutput: closed afterwards, if it is the command's alone.
  private func start(_ input: [UInt8], _ report: RunReport, _ standardOutput: Int32) throws -> ChildProcess {
    try withClosing {
      let standardInput = try file(with: input)
      return try withClosing {
        try ChildProcess.start(
          ["/bin/sh", "-c", Self.start, "sh", report.run, report.flow, "\(report.exit)", command], input: standardInput, output: standardOutput)
      } close: {
        fileSystem.close(standardInput)
      }
    } close: {
      if standardOutput != 2 { fileSystem.close(standardOutput) }
    }
  }

  /// Gives the lines of the command to `output` until it has ended: what it has left behind may keep the pipe open.
  private func tell(_ pipe: ChildOutput?, until hasEnded: @escaping @Sendable () -> Bool) async {
    guard let pipe, let output else { return }
    do {
      try await DispatchLane(label: "output at the end of run").run { [fileSystem] in
        defer { fileSystem.close(pipe.reading) }
        try pipe.readLines(until: hasEnded, output)
      }
    } catch {
      output("the output cannot be read: \(error)")
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
