import ArgumentParser
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

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
    // A reader that goes away is an error of the write, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      do {
        if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
      } catch let error as ValidationError {
        explain(error, type(of: command))
        throw ExitCode.usage
      }
      leave(nil)
    } catch {
      leave(error)
    }
  }

  /// Ends the process. Whoever keeps the output must not believe that it has what was lost on the way.
  private static func leave(_ error: (any Error)?) -> Never {
    // Help, version and completions come as errors that are none.
    if let error, exitCode(for: error) == .success {
      let text = fullMessage(for: error)
      if !text.isEmpty { StandardOutput.write(text + "\n") }
    }
    if let reason = StandardOutput.lost {
      _ = Descriptor.write("error: standard output cannot be written: \(reason); what was printed is not complete\n", to: STDERR_FILENO)
      exit(withError: ExitCode.failed)
    }
    if let error, exitCode(for: error) != .success { exit(withError: error) }
    exit(withError: ExitCode.success)
  }

  /// What a command finds wrong with its arguments while it runs: ArgumentParser would show the usage of `flowrun` as a whole.
  private static func explain(_ error: ValidationError, _ command: any ParsableCommand.Type) {
    let usage = usageString(for: command)
    let name = usage.split(separator: " ").prefix { $0.first?.isLetter == true }.joined(separator: " ")
    _ = Descriptor.write("Error: \(error.message)\nUsage: \(usage)\n  See '\(name) --help' for more information.\n", to: STDERR_FILENO)
  }
}
