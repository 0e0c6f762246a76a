import ArgumentParser
import FlowCore
import FlowFileSystem
import FlowRuntime

struct NewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "new", abstract: "Writes a starter flow with comments, which runs on the bundled simulator.",
    discussion: """
      Without a file the flow goes to standard output. A file that exists is left alone (64). The flow is named after the file.
      """)

  @Argument(help: ArgumentHelp("The flow file to make.", valueName: "file")) var file: String?
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard let file else { return }
    if HomeFolder.isUnexpanded(file) { throw ValidationError("the file is '\(file)'; expected \(HomeFolder.expected); \(HomeFolder.hint)") }
    if file.isEmpty || file.hasSuffix("/") { throw ValidationError("the file is '\(file)'; expected a flow file, such as steps.yaml") }
  }

  func run() async throws {
    let terminal = Terminal(output)
    guard let file else { return terminal.print(StarterFlow.text(named: StarterFlow.defaultName).droppingLastLineBreak) }
    do {
      guard try StarterFlow.write(to: file, POSIXFileSystem()) else {
        throw ValidationError("'\(file)' exists already and was left alone; expected the name of a new file")
      }
    } catch let error as FileSystemError {
      terminal.complain("error: \(error); expected a new file in a folder that exists")
      throw ExitCode.failed
    }
    let quoted = CommandHint.quoted(file)
    terminal.note(
      "\(file): run it on the simulator with: flowrun \(quoted); flowrun validate \(quoted) checks an edit, flowrun processors lists what there is")
  }
}

extension String {
  fileprivate var droppingLastLineBreak: String { hasSuffix("\n") ? String(dropLast()) : self }
}
