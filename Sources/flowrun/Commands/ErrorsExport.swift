import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime
import StudyModel

extension ErrorsCommand {
  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "export", abstract: "Writes a flow's entries as one file of FlowFile packages (stream v3), which a NiFi can take in.",
      discussion: """
        Each FlowFile has the attributes and the content of its entry, and cause, message and processor of its failure. NiFi reads the file with \
        GetFile and UnpackContent (flowfile-stream-v3). The entries stay. The file takes the place of such a file in one step.
        """)

    @Argument(help: ArgumentHelp("The flow file.", valueName: "flow")) var flow: String
    @Option(name: [.customShort("o"), .customLong("output")], help: ArgumentHelp("The file, in a folder that exists.", valueName: "file.pkg")) var target: String
    @Option(help: ArgumentHelp("Only entries with this cause.", valueName: "cause")) var cause: Cause?
    @Option(help: ArgumentHelp("Only entries that failed at this processor.", valueName: "name")) var processor: String?
    @OptionGroup var filter: EntryFilterOptions
    @OptionGroup var options: FlowOptions
    @OptionGroup var format: FormatOption
    @OptionGroup var output: OutputOptions

    private struct Result: Encodable {
      var file: String?
      var entries: Int
    }

    private var file: TargetFile {
      TargetFile(option: "-o", path: target, example: "errors.pkg", beginning: "NiFiFF3", kind: "a file of FlowFile packages")
    }

    func validate() throws {
      try file.validate()
    }

    func run() async throws {
      let terminal = Terminal(output), fileSystem = POSIXFileSystem()
      try file.check(fileSystem)
      let graph = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).graph(flow, options: options), filter = try filter.filter()
      try await CommandFailure.exiting(terminal) {
        let packages = ErrorPackages(graph, errors: options.errors, filter: filter, cause: cause, processor: processor, on: .here(fileSystem))
        let outcome = try await packages.write(to: target)
        for damaged in outcome.damaged { terminal.complain("warning: \(damaged)") }
        if outcome.foreign > 0 { terminal.note("left alone because they belong to another flow, database or provider: \(ReplayReport.entries(outcome.foreign))") }
        guard format.format == .text else {
          return terminal.print(try JSONOutput.text(Result(file: outcome.written > 0 ? target : nil, entries: outcome.written)))
        }
        guard outcome.written > 0 else {
          return terminal.note(outcome.own == 0 ? "no entries of \(graph.name) in \(options.errors)" : "none of the \(ReplayReport.entries(outcome.own)) of \(graph.name) match")
        }
        terminal.print("\(target): \(ReplayReport.entries(outcome.written))")
      }
    }
  }
}
