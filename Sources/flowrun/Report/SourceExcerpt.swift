import FlowCore

/// The line of a problem with a mark below it, for terminals.
///
///     5 |     properties: { größe: 3 }
///       |                   ^^^^^ E0501
struct SourceExcerpt {
  private let lines: [Substring]

  init(_ text: String) { lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) }

  /// Nothing if the file cannot be read: the problem itself says so.
  init(of file: String, _ fileSystem: any FileSystem) {
    let bytes = (try? fileSystem.read(file, limitBytes: 1 << 20)) ?? []
    self.init(String(decoding: bytes, as: UTF8.self))
  }

  /// Empty without a position in the text.
  /// - Parameter width: of the terminal; a longer line is cut around the mark.
  func lines(for problem: Diagnostic, width: Int) -> [String] {
    guard let position = problem.position, lines.indices.contains(position.line - 1) else { return [] }
    // Columns count scalars; a tab stays one column, so that mark and text stay aligned.
    let scalars = lines[position.line - 1].unicodeScalars.map { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) ? " " : Character($0) }
    let column = min(max(position.column - 1, 0), scalars.count)
    let end = problem.place.end.flatMap { $0.line == position.line ? $0.column - 1 : nil } ?? column + 1
    let gutter = "\(position.line) | "
    let room = max(width - gutter.count - 1, 20)
    let first = column < room * 3 / 4 ? 0 : column - room / 2
    let last = min(scalars.count, first + room)
    let length = max(1, min(end, max(last, column + 1)) - column)
    let margin = String(repeating: " ", count: gutter.count - 2) + "| "
    return [
      gutter + String(scalars[min(first, last)..<last]),
      margin + String(repeating: " ", count: column - first) + String(repeating: "^", count: length) + " \(problem.code.id)",
    ]
  }
}
