import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel

/// What is told to others about a run: options of every command that makes one.
struct AfterRunOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write flowrun.prom into this folder, for node_exporter's textfile collector.", valueName: "dir"))
  var metricsTextfile: String?
  @Option(
    help: ArgumentHelp(
      "Run this with sh at the end of the run; it gets the report as JSON on standard input. It has 10 minutes; its failure is told, and changes nothing.", valueName: "command"))
  var onEnd: String?

  func validate() throws {
    guard let folder = metricsTextfile else { return }
    if HomeFolder.isUnexpanded(folder) { throw ValidationError("--metrics-textfile is '\(folder)'; expected \(HomeFolder.expected); \(HomeFolder.hint)") }
  }

  var telling: RunTelling { RunTelling(metricsFolder: metricsTextfile, command: onEnd) }
}

/// Who is told of a run.
struct RunTelling: Sendable {
  let metricsFolder: String?
  let command: String?

  /// Before the run begins. Throws a usage error for a folder that is not there: nobody would read it.
  func duties(of run: Run, _ terminal: Terminal) throws -> RunDuties {
    if let folder = metricsFolder, try run.environment.fileSystem.status(folder)?.isFolder != true {
      throw ValidationError("--metrics-textfile is '\(folder)', which is no folder; expected the one that node_exporter reads (--collector.textfile.directory)")
    }
    let keeper = metricsFolder.map { folder in RunMetricsKeeper(folder: folder, run: run) { terminal.complain($0) } }
    return RunDuties(metrics: keeper, hook: command.map { hook($0, terminal) }, terminal: terminal)
  }

  private func hook(_ command: String, _ terminal: Terminal) -> RunEndHook {
    // Every line of a log is an object, whoever wrote it.
    let output: @Sendable (String) -> Void = { line in terminal.pass(on: LogRecord(level: .info, message: line, members: ["source": .text("on-end")])) }
    // Not the command itself: it may hold a secret, such as the address of a monitor.
    return RunEndHook(command, output: terminal.writesLog ? output : nil) { terminal.note("waiting for --on-end, which may take \(Units.text(of: RunEndHook.usualLimit)); interrupt to end it") }
  }
}

/// The telling during one run.
struct RunDuties: Sendable {
  let metrics: RunMetricsKeeper?
  let hook: RunEndHook?
  let terminal: Terminal

  func begin() { metrics?.begin() }

  /// A signal after the run has ended: nothing is left to stop but the command.
  func interrupt(by signal: Int32) {
    guard let hook else { return }
    terminal.note("ending the command of --on-end; the run has ended and is not affected")
    hook.pass(signal: signal)
  }

  func end(_ report: RunReport) async {
    await metrics?.end(report)
    if let failure = await hook?.run(report) { terminal.complain("warning: the command of --on-end \(failure); the run is not affected") }
  }
}
