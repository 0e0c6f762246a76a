import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel

struct CountersCommand: AsyncParsableCommand {
  enum Format: String, ExpressibleByArgument, CaseIterable { case text, json, prometheus }

  static let configuration = CommandConfiguration(
    commandName: "counters", abstract: "Shows the counters of a run, per processor and relationship.")

  @Argument(help: ArgumentHelp("A run; default: the last one.", valueName: "run"))
  var run: String?
  @Option(help: ArgumentHelp("text, json or prometheus.", valueName: "format"))
  var format = Format.text
  @OptionGroup var options: FlowOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    try await CommandFailure.exiting(terminal) { try show(await options.runRecords().report(of: run), terminal) }
  }

  private func show(_ report: RunReport, _ terminal: Terminal) throws {
    switch format {
    case .json: terminal.print(try JSONOutput.text(report.processors))
    case .prometheus: terminal.print(PrometheusText.text(report.metrics))
    case .text:
      for line in RunTable.processors(report, terminal) { terminal.print(line) }
      for processor in report.processors where !processor.counters.isEmpty {
        terminal.print("")
        terminal.print(terminal.styled(processor.name, .bold))
        for (name, value) in processor.counters.sorted(by: { $0.key < $1.key }) { terminal.print("  \(name): \(value)") }
      }
    }
  }
}
