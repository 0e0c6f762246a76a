import ArgumentParser
import FlowServices

/// The command line. `flowrun FLOW` is `flowrun run FLOW`.
@main
struct Flowrun: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flowrun",
    abstract: "Runs flows of processors that collect wearable data, one batch of participants a run.",
    discussion: """
      flowrun Flows/fitbit.yaml            runs the flow; without credentials, on the bundled simulator
      flowrun validate Flows/*.yaml        finds every problem of a flow file
      flowrun processors InvokeEndpoint    documents a processor
      """,
    version: Version.text,
    subcommands: [
      RunCommand.self, ValidateCommand.self, ProcessorsCommand.self, CountersCommand.self, RunsCommand.self,
      ErrorsCommand.self, ReplayCommand.self, RecollectCommand.self, CoverageCommand.self, SimulateCommand.self, EvaluateCommand.self,
      TokensCommand.self, ParticipantsCommand.self, AuthorizeCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  static func main() async {
    ProcessMemory.configure()
    await main(nil)
  }
}

enum Version {
  static let text = "0.1.0"
}
