/// Lines at the end of a terminal's output that are redrawn in place. Decides what to write, and writes nothing itself.
///
/// The cursor rests at the start of the line below the block, so that a shell prompts there if the process is killed. Nothing of the
/// terminal's state is changed: no alternate screen, no hidden cursor, no settings.
struct LiveBlock: Sendable {
  /// What is on the screen.
  private(set) var lines: [String] = []

  /// Puts lines in the place of those on the screen.
  /// - Parameter columns: the terminal's present width.
  mutating func draw(_ new: [String], columns: Int) -> String {
    defer { lines = new }
    // Each line is written over the one that was there: erasing everything first would flicker.
    return up(columns) + new.map { $0 + "\u{1B}[K\n" }.joined() + (lines.isEmpty ? "" : "\u{1B}[J")
  }

  /// Removes the lines from the screen.
  mutating func erase(columns: Int) -> String {
    defer { lines = [] }
    return lines.isEmpty ? "" : up(columns) + "\u{1B}[J"
  }

  /// Writes lines above the block, where they stay.
  func insert(_ text: String, columns: Int) -> String {
    guard !lines.isEmpty else { return text }
    return up(columns) + "\u{1B}[J" + text + lines.map { $0 + "\n" }.joined()
  }

  /// To the start of the first line. A terminal that has become narrower has wrapped the lines that are now too long.
  private func up(_ columns: Int) -> String {
    let rows = lines.reduce(0) { $0 + max(1, (Self.visibleCount($1) + columns - 1) / max(columns, 1)) }
    return rows == 0 ? "" : "\r\u{1B}[\(rows)A"
  }

  /// Characters without sequences that set a style.
  static func visibleCount(_ text: String) -> Int {
    var count = 0, isSequence = false
    for character in text {
      if character == "\u{1B}" { isSequence = true } else if !isSequence { count += 1 } else if character == "m" { isSequence = false }
    }
    return count
  }
}
