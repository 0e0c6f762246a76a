import ArgumentParser
import FlowCore
import FlowServices

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Runs a batch for a command: signals, progress, report, exit code. Shared by `run` and `replay`.
struct BatchRunner: Sendable {
  let terminal: Terminal
  let format: FormatOption.Format

  /// Throws the exit code unless it is 0.
  func run(_ request: BatchRequest, fileSystem: any FileSystem) async throws {
    let batch = Batch(request, fileSystem: fileSystem, terminal: terminal)
    let signals = Signals(
      stop: {
        terminal.clearProgress()
        terminal.note("stopping: taking in nothing more; once more to stop now")
        batch.stop()
      },
      stopNow: { batch.stop() })
    let progress = LiveProgress(batch, flow: request.graph.name, terminal: terminal)
    progress.start()
    do {
      var report = try await batch.run()
      await progress.stop()
      if report.exit == 130, let signal = signals.first { report.exit = 128 + signal }
      terminal.print(
        format == .json ? try JSONOutput.text(report) : RunTable.lines(report, terminal).joined(separator: "\n"))
      if report.exit != 0 { throw ExitCode(report.exit) }
    } catch {
      await progress.stop()
      throw CommandFailure.exitCode(for: error, terminal)
    }
  }
}
