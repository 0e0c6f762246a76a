/// Columns of text, aligned; numbers to the right.
struct TextTable {
  enum Alignment { case left, right }
  private let headers: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []

  init(_ columns: [(String, Alignment)]) {
    headers = columns.map(\.0)
    alignments = columns.map(\.1)
  }
  mutating func add(_ cells: [String]) { rows.append(cells) }
  var isEmpty: Bool { rows.isEmpty }

  func lines(_ terminal: Terminal) -> [String] {
    let widths = headers.indices.map { column in ([headers] + rows).map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String]) -> String {
      let padded = cells.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return alignments[column] == .left ? cells[column] + space : space + cells[column]
      }
      let joined = padded.joined(separator: "  ")
      return String(joined.reversed().drop { $0 == " " }.reversed())
    }
    return [terminal.styled(line(headers), .dim)] + rows.map(line)
  }
}
