import ArgumentParser
import FlowCore
import FlowServices

/// Runs a batch for a command: signals, progress, report, exit code. Shared by `run` and `replay`.
struct BatchRunner: Sendable {
  let terminal: Terminal
  let format: FormatOption.Format
  /// For the commands that the report offers.
  let hint: CommandHint

  /// Throws the exit code unless it is 0.
  func run(_ request: BatchRequest, fileSystem: any FileSystem) async throws {
    let batch = Batch(request, fileSystem: fileSystem, terminal: terminal)
    let signals = Signals { number, count in signalled(batch, number, count) }
    await signals.installed()
    let progress = LiveProgress(batch, terminal: terminal)
    progress.start()
    do {
      let report = try await batch.run()
      await progress.stop()
      signals.end()
      terminal.print(
        format == .json ? try JSONOutput.text(report) : RunTable.lines(report, terminal, hint).joined(separator: "\n"))
      if report.exit != 0 { throw ExitCode(report.exit) }
    } catch {
      await progress.stop()
      signals.end()
      throw CommandFailure.exitCode(for: error, terminal)
    }
  }

  private func signalled(_ batch: Batch, _ number: Int32, _ count: Int) {
    let isUnderWay = batch.isUnderWay
    switch (count, isUnderWay) {
    case (1, true): terminal.note("stopping: taking in nothing more; once more to stop now")
    case (2, true): terminal.note("stopping now")
    case (1, false): terminal.note("stopping: nothing had begun")
    // Nothing has been taken in that would have to be saved, so nothing is waited for.
    case (_, false): CommandFailure.leave(by: number, terminal)
    default: break
    }
    batch.stop(by: number)
  }
}
