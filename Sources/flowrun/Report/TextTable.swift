/// Aligned columns of text, with numbers to the right.
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

  /// The table cut to a width: the given columns are shortened in turn, each down to a minimum width. Shortened text
  /// ends in "…". nil cuts nothing.
  func fitted(to width: Int?, cutting columns: [Int]) -> TextTable { fitted(to: width, cutting: columns.map { ($0, Self.narrowest) }) }

  /// The same, each column down to a width of its own. A column may be named several times.
  func fitted(to width: Int?, cutting columns: [(column: Int, narrowest: Int)]) -> TextTable {
    guard let width else { return self }
    var fitted = self
    var surplus = widths.reduce(2 * (headers.count - 1), +) - width
    for (column, narrowest) in columns where surplus > 0 {
      let present = fitted.widths[column], limit = max(narrowest, headers[column].count, present - surplus)
      surplus -= max(0, present - limit)
      for row in rows.indices { fitted.rows[row][column] = Self.cut(rows[row][column], to: limit) }
    }
    return fitted
  }

  /// By how much the table is wider; nil if it fits.
  func surplus(over width: Int) -> Int? {
    let surplus = widths.reduce(2 * (headers.count - 1), +) - width
    return surplus > 0 ? surplus : nil
  }

  func width(of column: Int) -> Int { widths[column] }

  private static let narrowest = 8

  static func cut(_ text: String, to limit: Int) -> String {
    text.count <= limit ? text : text.prefix(max(0, limit - 1)) + "…"
  }

  private var widths: [Int] { headers.indices.map { column in ([headers] + rows).map { $0[column].count }.max() ?? 0 } }

  func lines(_ terminal: Terminal) -> [String] {
    let lines = plainLines
    return [terminal.styled(lines[0], .dim)] + lines.dropFirst()
  }

  /// The header, then the rows, without a style.
  var plainLines: [String] {
    let widths = widths
    func line(_ cells: [String]) -> String {
      let padded = cells.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return alignments[column] == .left ? cells[column] + space : space + cells[column]
      }
      let joined = padded.joined(separator: "  ")
      return String(joined.reversed().drop { $0 == " " }.reversed())
    }
    return [line(headers)] + rows.map(line)
  }
}
