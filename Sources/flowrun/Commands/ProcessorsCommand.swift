import ArgumentParser
import FlowCore
import FlowRuntime
import StudyProcessors

struct ProcessorsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "processors", abstract: "Lists the processors, or documents one.",
    discussion: "Generated from the processors' declarations.")

  @Argument(help: ArgumentHelp("A processor's type.", valueName: "type"))
  var type: String?
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let terminal = Terminal(output)
    let catalog = BuiltinProcessors.catalog
    guard let type else {
      let pages = catalog.all.map { ProcessorPage($0.descriptor) }
      if format.format == .json { terminal.print(try JSONOutput.text(pages)) } else { list(pages, terminal) }
      return
    }
    guard let processor = catalog[type] else {
      let hint = NearestName.hint(for: type, among: catalog.types) ?? "flowrun processors lists them"
      throw ValidationError("unknown processor '\(type)'; \(hint)")
    }
    let page = ProcessorPage(processor.descriptor)
    terminal.print(format.format == .json ? try JSONOutput.text(page) : page.text(terminal))
  }

  private func list(_ pages: [ProcessorPage], _ terminal: Terminal) {
    var table = TextTable([("processor", .left), ("what it does", .left)])
    for page in pages { table.add([page.type, page.summary]) }
    for line in table.lines(terminal) { terminal.print(line) }
  }
}
