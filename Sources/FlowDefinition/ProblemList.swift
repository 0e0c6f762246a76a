import FlowCore

/// A finding and its place: what stops the reading of a file.
struct Located: Error {
  var finding: Finding
  var position: SourcePosition?
  init(_ finding: Finding, _ position: SourcePosition?) {
    self.finding = finding
    self.position = position
  }
}

/// What is wrong, in words: continues the subject of a `Problem`.
struct Finding {
  var found: String
  var expected: String?
  var hint: String?
}

/// The problems of one load. Used by one thread.
final class ProblemList {
  let file: String
  private(set) var all: [Problem] = []

  init(file: String) { self.file = file }

  func report(_ finding: Finding, at position: SourcePosition?, subject: String = "") {
    append([
      Problem(
        file: file, position: position, subject: subject, found: finding.found, expected: finding.expected,
        hint: finding.hint)
    ])
  }
  /// Reports at a value's place; where it was given from outside of the file, there.
  func report(_ finding: Finding, about node: ConfigurationNode?, else position: SourcePosition, subject: String) {
    guard let given = node?.given else {
      report(finding, at: node?.position ?? position, subject: subject)
      return
    }
    report(finding, at: given)
  }
  func report(_ finding: Finding, at given: GivenPlace) {
    append([
      Problem(
        file: given.file, position: given.position, subject: given.subject, found: finding.found,
        expected: finding.expected, hint: finding.hint)
    ])
  }
  func append(_ problems: [Problem]) { all += problems.map(\.printable) }

  /// In the order of the file, each once; those of the file as a whole first.
  var sorted: [Problem] {
    var seen: Set<Problem> = []
    let unique = all.filter { seen.insert($0).inserted }
    let start = SourcePosition(line: 0, column: 0)
    return unique.enumerated()
      .sorted { ($0.element.position ?? start, $0.offset) < ($1.element.position ?? start, $1.offset) }
      .map(\.element)
  }
}

extension Problem {
  /// Without the control characters that a file's text may bring: a problem is one line and steers no terminal.
  fileprivate var printable: Problem {
    var problem = self
    problem.subject = subject.printable
    problem.found = found.printable
    problem.expected = expected?.printable
    problem.hint = hint?.printable
    return problem
  }
}

extension String {
  fileprivate var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
  }
}
