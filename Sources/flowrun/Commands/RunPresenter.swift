import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants

/// Runs a flow for a command: handles signals, messages, progress, report and exit code. Shared by `run` and `replay`.
struct RunPresenter: Sendable {
  let terminal: Terminal
  let format: FormatOption.Format
  /// For commands suggested in the report.
  let hint: CommandHint
  /// What others are told of the run.
  let after: RunTelling

  /// Throws the exit code unless it is 0.
  func run(_ request: RunRequest, fileSystem: any FileSystem) async throws {
    let run = Run(request, on: .running(request.graph, fileSystem: fileSystem))
    let duties = try after.duties(of: run, terminal)
    let started = run.environment.time.now
    terminal.concerns(run: run.id)
    let hasEnded = Locked(false)
    let signals = Signals { number, count in
      if hasEnded.withLock({ $0 }) { duties.interrupt(by: number) } else { signalled(run, number, count) }
    }
    await signals.installed()
    let progress = Task { [progress = LiveProgress(of: run, on: terminal)] in await progress?.show() }
    let messages = Task { [events = run.events.listen(to: [.message], buffer: 10_000)] in for await delivery in events { show(delivery) } }
    duties.begin()
    run.start()
    do {
      let report = try await run.result
      hasEnded.withLock { $0 = true }
      await messages.value
      await progress.value
      terminal.print(
        format == .json ? try JSONOutput.text(report) : RunTable.lines(report, terminal, hint).joined(separator: "\n"))
      await duties.end(report)
      signals.end()
      if report.exit != 0 { throw ExitCode(report.exit) }
    } catch let code as ExitCode {
      throw code
    } catch {
      hasEnded.withLock { $0 = true }
      await messages.value
      await progress.value
      let code = CommandFailure.exitCode(for: error, terminal)
      await duties.end(run.failureReport(error, started: started))
      signals.end()
      throw code
    }
  }

  private func show(_ delivery: RunEvents.Delivery) {
    if delivery.lost > 0 { terminal.note("\(delivery.lost) messages were lost because this terminal is too slow") }
    switch delivery.event {
    case .log(let message, let metadata):
      terminal.note(
        LogRecord.line(message, metadata),
        as: LogRecord(level: .info, message: message, members: metadata.mapValues { .text($0) }))
    case .trouble(let trouble): terminal.complain("error: \(trouble.message)")
    case .timeLimitReached: terminal.note("stopping: the time limit is reached; work in progress is finished, the rest is left to the next run")
    case .cutOff: terminal.note("stopping now: finishing work in progress took too long; it is left to the next run")
    case .warning(let warning):
      if terminal.isVerbose || warning.level != Bulletin.Level.info.rawValue {
        terminal.note(BulletinText.line(warning), as: LogRecord(warning))
      }
    case .flowFiles, .bulletins, .participant, .errorEntry: break
    case .closingFailed(let subject, let detail, let isFatal): terminal.complain("\(isFatal ? "error" : "warning"): \(subject): \(detail)")
    }
  }

  private func signalled(_ run: Run, _ number: Int32, _ count: Int) {
    let isUnderWay = run.isUnderWay
    switch (count, isUnderWay) {
    case (1, true): terminal.note("stopping: no new work is taken in; interrupt again to stop now")
    case (2, true): terminal.note("stopping now")
    case (1, false): terminal.note("stopping: nothing had started")
    // Nothing needs to be saved yet, so exit without waiting.
    case (_, false): CommandFailure.leave(by: number, terminal)
    default: break
    }
    if count == 1 { run.stop(signal: number) } else { run.stopNow(signal: number) }
  }
}
