import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel
import StudyParticipants

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The command line interface. `flowrun FLOW` means `flowrun run FLOW`.
@main
struct Flowrun: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flowrun",
    abstract: "Runs flows of processors that collect wearable data, one batch of participants per run.",
    discussion: """
      flowrun Flows/fitbit.yaml          runs the flow; without credentials, on the
                                         bundled simulator
      flowrun validate Flows/*.yaml      finds every problem of flow files
      flowrun processors InvokeEndpoint  documents a processor
      flowrun new study.yaml             writes a starter flow
      """,
    version: Version.text,
    subcommands: [
      RunCommand.self, ValidateCommand.self, GraphCommand.self, ProcessorsCommand.self, CountersCommand.self, RunsCommand.self,
      ErrorsCommand.self, ReplayCommand.self, RecollectCommand.self, RebuildCommand.self, CoverageCommand.self, SimulateCommand.self, EvaluateCommand.self,
      TokensCommand.self, ParticipantsCommand.self, AuthorizeCommand.self, DDLCommand.self,
      TransformCommand.self, ExportCommand.self,
      ServeCommand.self,
      TopCommand.self,
      TapCommand.self,
      CheckCommand.self,
      ExplainCommand.self, SchemaCommand.self, NewCommand.self,
      ReportCommand.self,
      TestCommand.self,
      AuditCommand.self,
      TraceCommand.self,
      ImportCommand.self,
    ],
    defaultSubcommand: RunCommand.self)

  static func main() async {
    ProcessMemory.configure()
    StandardDescriptors.reserve()
    // If a reader closes the pipe, the write fails with EPIPE instead of killing the process.
    signal(SIGPIPE, SIG_IGN)
    let words = Array(CommandLine.arguments.dropFirst())
    if let message = MistypedCommand.message(words, of: self) ?? EmptyPath.message(words) {
      _ = Descriptor.write("error: \(message)\n", to: STDERR_FILENO)
      exit(withError: ExitCode.usage)
    }
    if CommandLine.arguments.count == 1 {
      // Nothing was asked for: the overview is the whole answer, without an error above it.
      _ = Descriptor.write(helpMessage() + "\n", to: STDERR_FILENO)
      exit(withError: ExitCode.usage)
    }
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

  /// Ends the process with the right exit code. Lost output is an error, so that nobody relies on an incomplete file.
  private static func leave(_ error: (any Error)?) -> Never {
    // ArgumentParser reports help, version and completions as errors with exit code 0.
    if let error, exitCode(for: error) == .success {
      let text = fullMessage(for: error)
      if !text.isEmpty { StandardOutput.write(text + "\n") }
    }
    if let reason = StandardOutput.lost {
      tell("error: standard output cannot be written: \(reason); the output is incomplete")
      exit(withError: ExitCode.failed)
    }
    if let error, exitCode(for: error) != .success {
      let isLog = OutputOptions.LogFormat.given(CommandLine.arguments) == .json
      let text = MistypedChoice.suggesting(isLog ? message(for: error) : fullMessage(for: error))
      if !text.isEmpty { tell("error: \(text.hasPrefix("Error: ") ? String(text.dropFirst(7)) : text)") }
      exit(withError: exitCode(for: error))
    }
    exit(withError: ExitCode.success)
  }

  /// Reports an invalid argument found while a command runs with that command's usage; ArgumentParser would show that
  /// of `flowrun`.
  private static func explain(_ error: ValidationError, _ command: any ParsableCommand.Type) {
    let usage = usageString(for: command)
    let name = usage.split(separator: " ").prefix { $0.first?.isLetter == true }.joined(separator: " ")
    tell("error: \(error.message)", "Usage: \(usage)\n  See '\(name) --help' for more information.")
  }

  /// Writes to standard error, in the format that the command line asks for.
  /// - Parameter more: further lines, which are for people only.
  private static func tell(_ line: String, _ more: String...) {
    let isLog = OutputOptions.LogFormat.given(CommandLine.arguments) == .json
    let text = isLog ? LogRecord(text: line, otherwise: .error).json(time: DispatchTimeSource().now.text, run: nil) : ([line] + more).joined(separator: "\n")
    _ = Descriptor.write(text + "\n", to: STDERR_FILENO)
  }
}
