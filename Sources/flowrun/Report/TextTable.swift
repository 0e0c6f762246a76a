/// Aligned columns of text, with numbers to the right.
struct TextTable {
  enum Alignment { case left, right }
  private var headers: [String]
  private let alignments: [Alignment]
  private var rows: [[String]] = []
  /// The width to which the last column is wrapped at its words; nil: each row is one line.
  private var wrapping: Int?

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
  /// - Parameter wrapsLast: the last column is not cut but goes on in further lines.
  func fitted(to width: Int?, cutting columns: [(column: Int, narrowest: Int)], wrapsLast: Bool = false) -> TextTable {
    guard let width else { return self }
    var fitted = self
    var surplus = widths.reduce(2 * (headers.count - 1), +) - width
    for (column, narrowest) in columns where surplus > 0 {
      let isWrapped = wrapsLast && column == headers.count - 1
      let present = isWrapped ? fitted.wrapping ?? widths[column] : fitted.widths[column], limit = max(narrowest, headers[column].count, present - surplus)
      surplus -= max(0, present - limit)
      if isWrapped {
        fitted.wrapping = min(present, limit)
      } else {
        for row in rows.indices { fitted.rows[row][column] = Self.cut(rows[row][column], to: limit) }
      }
    }
    return fitted
  }

  /// The same with times to the minute where the table is wider than a width, and with dates alone where that is not enough. nil changes nothing.
  func shorteningTimes(to width: Int?, toDates: Bool = false) -> TextTable {
    guard let width, surplus(over: width) != nil else { return self }
    let minutes = replacing { $0.replacing(#/(\d{4}-\d\d-\d\dT\d\d:\d\d):\d\d(\.\d+)?Z/#) { "\($0.output.1)Z" } }
    guard toDates, minutes.surplus(over: width) != nil else { return minutes }
    return minutes.replacing { $0.replacing(#/(\d{4}-\d\d-\d\d)T\d\d:\d\dZ/#) { "\($0.output.1)" } }
  }

  private func replacing(_ change: (String) -> String) -> TextTable {
    var changed = self
    changed.rows = rows.map { $0.map(change) }
    return changed
  }

  /// The same, with headers no wider than is needed: where a column of short texts has a long name, the name is cut too.
  func cuttingHeaders(to width: Int?) -> TextTable {
    guard let width else { return self }
    var cut = self
    for narrowest in [Self.narrowest, 6, 4] {
      guard var surplus = cut.surplus(over: width) else { break }
      for column in headers.indices.reversed() where surplus > 0 {
        let present = cut.widths[column], limit = max(narrowest, present - surplus)
        guard limit < present else { continue }
        surplus -= present - limit
        cut.headers[column] = Self.cut(cut.headers[column], to: limit)
        for row in cut.rows.indices { cut.rows[row][column] = Self.cut(cut.rows[row][column], to: limit) }
      }
    }
    return cut
  }

  /// By how much the table is wider; nil if it fits.
  func surplus(over width: Int) -> Int? {
    let surplus = widths.reduce(2 * (headers.count - 1), +) - width
    return surplus > 0 ? surplus : nil
  }

  func width(of column: Int) -> Int { widths[column] }

  private static let narrowest = 8
  /// A longer cell widens its own row alone: one long text does not move the columns of all others away.
  private static let widestPadding = 100

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
    let widths = headers.indices.map { column in
      let all = ([headers] + rows).map { $0[column].count }
      return all.filter { $0 <= Self.widestPadding }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      let padded = cells.indices.map { column in
        let space = String(repeating: " ", count: max(0, widths[column] - cells[column].count))
        return alignments[column] == .left ? cells[column] + space : space + cells[column]
      }
      let joined = padded.joined(separator: "  ")
      return String(joined.reversed().drop { $0 == " " }.reversed())
    }
    return [line(headers)] + rows.flatMap { row in wrapped(row).map(line) }
  }

  /// The row, and below it the rest of its last cell.
  private func wrapped(_ row: [String]) -> [[String]] {
    guard let wrapping, let last = row.last, last.count > wrapping else { return [row] }
    return Self.lines(of: last, width: wrapping).enumerated().map { index, part in
      (index == 0 ? Array(row.dropLast()) : Array(repeating: "", count: row.count - 1)) + [part]
    }
  }

  /// Breaks a text at its blanks. A longer word has a line of its own: a command is not broken.
  private static func lines(of text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width { lines[lines.count - 1] = "\(last) \(word)" } else { lines.append(String(word)) }
    }
    return lines
  }
}
