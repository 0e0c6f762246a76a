import FlowRuntime

/// A row that lists one participant of a batch.
protocol StatusRow: Encodable {
  static var columns: [String] { get }
  /// One text per column.
  var cells: [String] { get }
  /// Why the participant's file cannot be read; nil if it can.
  var problem: String? { get }
}

/// A listing of all participants of a batch.
enum StatusTable {
  static func show<Row: StatusRow>(_ rows: [Row], of folder: String, as format: FormatOption.Format, _ terminal: Terminal) throws {
    guard format == .text else { return terminal.print(try JSONOutput.text(rows)) }
    for row in rows { if let problem = row.problem { terminal.complain(problem) } }
    var table = TextTable(Row.columns.map { ($0, .left) })
    for row in rows { table.add(row.cells) }
    if table.isEmpty { return terminal.note("no participants in \(folder)") }
    // Who it is comes first and is cut last.
    for line in table.shorteningTimes(to: terminal.width, toDates: true).cuttingHeaders(to: terminal.width).lines(terminal) { terminal.print(line) }
  }
}
