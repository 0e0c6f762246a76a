import FlowCore

/// The problems of one load. Confined to one thread.
final class ProblemList {
  let file: String
  private(set) var all: [Diagnostic] = []
  /// End positions of the file's texts, by start position.
  private var ends: [SourcePosition: SourcePosition] = [:]

  init(file: String) { self.file = file }

  func report(_ diagnostic: Diagnostic, at position: SourcePosition?, subject: String = "") {
    append([diagnostic.at(Diagnostic.Place(file: file, position: position), subject: subject)])
  }
  /// Reports at a value's position, or where the value was given outside of the file.
  func report(_ diagnostic: Diagnostic, about node: ConfigurationNode?, else position: SourcePosition, subject: String) {
    guard let given = node?.given else {
      report(diagnostic, at: node?.position ?? position, subject: subject)
      return
    }
    report(diagnostic, at: given)
  }
  func report(_ diagnostic: Diagnostic, at given: GivenPlace) {
    append([diagnostic.at(Diagnostic.Place(file: given.file, position: given.position), subject: given.subject)])
  }
  /// Reports the results of a processor's or service's check of its own properties.
  func report(_ diagnostics: [Diagnostic], ofProperties node: ConfigurationNode, else position: SourcePosition, subject: String) {
    for diagnostic in diagnostics {
      report(diagnostic, about: diagnostic.place.property.flatMap(node.member), else: position, subject: subject)
    }
  }
  func append(_ diagnostics: [Diagnostic]) { all += diagnostics.map(\.printable) }

  /// Records how far a text extends.
  func note(textFrom start: SourcePosition, to end: SourcePosition) { ends[start] = end }

  /// Unique and in file order; problems of the file as a whole come first, then those of other files, such as one of parameters.
  var sorted: [Diagnostic] {
    var seen: Set<Diagnostic> = []
    let unique = all.filter { seen.insert($0).inserted }
    let start = SourcePosition(line: 0, column: 0)
    return unique.enumerated()
      .sorted { (rank($0.element), $0.element.position ?? start, $0.offset) < (rank($1.element), $1.element.position ?? start, $1.offset) }
      .map { withEnd($0.element) }
  }

  private func rank(_ diagnostic: Diagnostic) -> Int { diagnostic.position == nil ? 0 : diagnostic.file == file ? 2 : 1 }

  private func withEnd(_ diagnostic: Diagnostic) -> Diagnostic {
    guard diagnostic.file == file, diagnostic.place.end == nil, let start = diagnostic.position else { return diagnostic }
    var diagnostic = diagnostic
    diagnostic.place.end = ends[start]
    return diagnostic
  }
}

extension Diagnostic {
  /// A copy without control characters, which the file's text may contain: a diagnostic is one line and must not send
  /// escape sequences to a terminal.
  fileprivate var printable: Diagnostic {
    var copy = self
    copy.subject = subject.printable
    copy.found = found.printable
    copy.expected = expected?.printable
    copy.hint = hint?.printable
    return copy
  }
}

extension String {
  fileprivate var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
  }
}
