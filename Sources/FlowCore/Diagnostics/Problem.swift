/// A place in a text: line and column, both from 1; columns count characters (Unicode scalars).
package struct SourcePosition: Hashable, Sendable, Comparable {
  package var line: Int
  package var column: Int
  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
  package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
    (left.line, left.column) < (right.line, right.column)
  }
}

/// Something wrong with what a person wrote: place, subject, what was found, what was expected, a hint.
package struct Problem: Error, Hashable, Sendable, CustomStringConvertible {
  package var file: String?
  package var position: SourcePosition?
  /// Whose it is: `RouteOnAttribute 'by age'`, `parameter 'detail'`; empty for the file as a whole.
  package var subject: String
  package var found: String
  package var expected: String?
  package var hint: String?

  package init(
    file: String? = nil, position: SourcePosition? = nil, subject: String = "", found: String, expected: String? = nil,
    hint: String? = nil
  ) {
    self.file = file
    self.position = position
    self.subject = subject
    self.found = found
    self.expected = expected
    self.hint = hint
  }

  /// `Flows/fitbit.yaml:14:7: error: subject: found; expected …; hint`.
  package var description: String {
    var place = file ?? ""
    if let position { place += "\(place.isEmpty ? "" : ":")\(position.line):\(position.column)" }
    let head = (place.isEmpty ? "" : place + ": ") + "error: " + (subject.isEmpty ? "" : subject + ": ")
    return head + ([found] + [expected.map { "expected " + $0 }, hint].compactMap { $0 }).joined(separator: "; ")
  }
}

/// Every problem of one go, never only the first.
package struct Problems: Error, Sendable, CustomStringConvertible {
  package var all: [Problem]
  package init(_ all: [Problem]) { self.all = all }
  package var description: String { all.map(\.description).joined(separator: "\n") }
}
