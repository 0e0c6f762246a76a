import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowImport
import FlowRuntime

struct ImportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import", abstract: "Makes a flow file of a NiFi template, flow definition or flow.json.",
    discussion: """
      Reads a template (XML, NiFi 1.x), a flow definition (JSON), or flow.json, also compressed with gzip. Without -o the flow file goes to standard output.
      Each component is in the report once: converted, partial (look at its notes), placeholder (flowrun has no such processor) or dropped. Nothing is \
      guessed: what flowrun lacks is a processor of type Unsupported or a property that flowrun validate names, so that the flow does not run before a \
      person has decided. Passwords are never written.
      Ends with 0 if the flow file is written, also with placeholders; 78 if the file is refused; 64 if it does not exist, or the flow file exists already.
      """)

  @Argument(help: ArgumentHelp("The template, flow definition or flow.json.", valueName: "file")) var file: String
  @Option(name: .shortAndLong, help: ArgumentHelp("The flow file to make; one that exists is left alone.", valueName: "flow.yaml")) var output: String?
  @Option(help: ArgumentHelp("Where the report goes, as JSON.", valueName: "file.json")) var report: String?
  @OptionGroup var options: OutputOptions

  func validate() throws {
    for path in [file, output, report].compactMap({ $0 }) {
      if HomeFolder.isUnexpanded(path) { throw ValidationError("the file is '\(path)'; expected \(HomeFolder.expected); \(HomeFolder.hint)") }
      if path.isEmpty || path.hasSuffix("/") { throw ValidationError("the file is '\(path)'; expected the name of a file") }
    }
  }

  func run() async throws {
    let terminal = Terminal(options)
    let fileSystem = POSIXFileSystem()
    let flow = try read(fileSystem, terminal)
    do {
      if let output, try !FlowTextFile.write(flow.yaml, to: output, fileSystem) {
        throw ValidationError("'\(output)' exists already and was left alone; expected the name of a new file")
      }
      if let report { try fileSystem.writeDurably(Array((try JSONOutput.text(flow.components) + "\n").utf8), to: report, mode: 0o644) }
    } catch let error as FileSystemError {
      terminal.complain("error: \(error); expected a new file in a folder that exists")
      throw ExitCode.failed
    }
    let lines = ImportPage.lines(flow, terminal)
    if output == nil {
      terminal.print(flow.yaml.hasSuffix("\n") ? String(flow.yaml.dropLast()) : flow.yaml)
      for line in lines { terminal.note(line) }
    } else {
      for line in lines { terminal.print(line) }
    }
    if let output { terminal.note("\(output): flowrun validate \(CommandHint.quoted(output)) names what is left to do") }
  }

  private func read(_ fileSystem: POSIXFileSystem, _ terminal: Terminal) throws -> ImportedFlow {
    do {
      return try NiFiImport.flow(file, fileSystem: fileSystem)
    } catch let problems as Diagnostics {
      for problem in problems.all { terminal.complain(problem.description) }
      throw ExitCode.misconfigured
    } catch let error as FileSystemError {
      terminal.complain("error: \(error); expected a NiFi template, flow definition or flow.json")
      throw ExitCode.usage
    }
  }
}
