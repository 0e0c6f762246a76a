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
      Each component is in the report once: converted, partial (look at its notes), placeholder (flowrun has no such processor, or NiFi has it disabled) \
      or dropped. Nothing is guessed: what flowrun lacks is a processor of type Unsupported or a property that flowrun validate names, so that the flow \
      does not run before a person has decided. Values that NiFi marks as sensitive or encrypts, and those that are called as passwords, tokens, keys and \
      other secrets are, are not written.
      Ends with 0 if the flow file is written, also with placeholders; 78 if the file is refused; 64 if it does not exist, the flow file or the report \
      exists already, or there is no folder for it: both are written, or neither.
      """)

  @Argument(help: ArgumentHelp("The template, flow definition or flow.json.", valueName: "file")) var file: String
  @Option(name: .shortAndLong, help: ArgumentHelp("The flow file to make; one that exists is left alone.", valueName: "flow.yaml")) var output: String?
  @Option(help: ArgumentHelp("Where the report goes, as JSON; a file that exists is left alone.", valueName: "file.json")) var report: String?
  @OptionGroup var options: OutputOptions

  func validate() throws {
    for path in [file, output, report].compactMap({ $0 }) {
      if HomeFolder.isUnexpanded(path) { throw ValidationError("the file is '\(path)'; expected \(HomeFolder.expected); \(HomeFolder.hint)") }
      if path.isEmpty || path.hasSuffix("/") { throw ValidationError("the file is '\(path)'; expected the name of a file") }
    }
    if let output, let report, Self.plain(output) == Self.plain(report) {
      throw ValidationError("the flow file and the report are both '\(report)'; expected two files")
    }
  }

  /// A path without what leads nowhere: `./x` and `x` are one file.
  private static func plain(_ path: String) -> String {
    let parts = path.split(separator: "/").filter { $0 != "." }
    return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }

  func run() async throws {
    let terminal = Terminal(options)
    let fileSystem = POSIXFileSystem()
    for target in [output, report].compactMap({ $0 }) {
      let folder = parent(of: target)
      guard try fileSystem.status(folder)?.isFolder == true else {
        throw ValidationError("there is no folder '\(folder)' for '\(target)', and nothing was written; expected one that exists; make it with: mkdir -p \(CommandHint.quoted(folder))")
      }
    }
    let flow = try read(fileSystem, terminal)
    do {
      var pages: [FlowTextFile.Page] = []
      if let output { pages.append((flow.yaml, output)) }
      if let report { pages.append((try JSONOutput.text(flow.components) + "\n", report)) }
      if let taken = try FlowTextFile.write(pages, fileSystem) {
        throw ValidationError("'\(taken)' exists already and was left alone, and nothing was written; expected the name of a new file; move it away with: mv -n \(CommandHint.quoted(taken)) \(CommandHint.quoted(taken + ".old"))")
      }
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
    if let output { terminal.note("\(output): \(try next(flow, output, FlowFileAccess(fileSystem: fileSystem, terminal: terminal)))") }
  }

  /// What a person does with the flow file that was written.
  private func next(_ flow: ImportedFlow, _ output: String, _ access: FlowFileAccess) throws -> String {
    let quoted = CommandHint.quoted(output)
    guard case .success = try access.load(output, given: [:]) else { return "flowrun validate \(quoted) names what is left to do" }
    // A placeholder is never valid.
    return flow.count(.partial) == 0 ? "it is valid and ready to run: flowrun \(quoted)" : "it is valid; look at the notes of what is partial, then run it: flowrun \(quoted)"
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
