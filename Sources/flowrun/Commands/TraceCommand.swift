import ArgumentParser
import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime

struct TraceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace", abstract: "Tells where a row or a FlowFile comes from.",
    discussion: """
      flowrun trace --row fitbit_intraday_hr participant=P0001 \\
        instant=2026-01-05T08:00:00Z
      flowrun trace 0b5f0a86-5f0c-4b0e-9d38-6f1b8a3d1f52

      A row is named by its participant and its key: response (address, status, hash, time), object of the raw storage, slice, FlowFile and its way, \
      run, and the flow with the text of that version. The ledger keeps a row's slice, hash and run for good; addresses and ways of FlowFiles are kept in the \
      state folder for 30 days or 1 GB. The database is that of -p database=…, else the one that the flows of the state folder wrote last.
      """)

  @Option(help: ArgumentHelp("A table; participant=ID and the columns of its key follow.", valueName: "table")) var row: String?
  @Argument(help: ArgumentHelp("A FlowFile's UUID; with --row: participant=ID KEY=VALUE...", valueName: "uuid|key=value")) var words: [String]
  @OptionGroup var options: FlowOptions
  @OptionGroup var format: FormatOption
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard row != nil else {
      guard words.count == 1 else { throw ValidationError("expected one UUID, or --row TABLE participant=ID KEY=VALUE…; found \(words.count) words") }
      return
    }
    var names: [String] = []
    for word in words {
      guard let condition = Self.condition(word) else { throw ValidationError("'\(word)' is not of the form KEY=VALUE, such as participant=P0001") }
      guard !names.contains(condition.name) else { throw ValidationError("\(condition.name)=… is given twice; give it once") }
      names.append(condition.name)
    }
  }

  private static func condition(_ word: String) -> (name: String, value: String)? {
    guard let equals = word.firstIndex(of: "="), equals != word.startIndex else { return nil }
    return (String(word[..<equals]), String(word[word.index(after: equals)...]))
  }

  func run() async throws {
    let terminal = Terminal(output)
    let fileSystem = POSIXFileSystem()
    let given = try FlowFileAccess(fileSystem: fileSystem, terminal: terminal).given(options)
    try await CommandFailure.exiting(terminal) {
      let trace = Trace(state: options.state, database: given["database"]?.text, on: .here(fileSystem))
      let report = if let row { try await trace.row(of: row, where: words.compactMap(Self.condition)) } else { try await trace.flowFile(words[0]) }
      terminal.print(format.format == .json ? try JSONOutput.text(report) : TracePage.lines(report, terminal).joined(separator: "\n"))
    }
  }
}
