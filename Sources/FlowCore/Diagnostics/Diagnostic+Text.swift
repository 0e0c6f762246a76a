extension Diagnostic: CustomStringConvertible {
  /// One line for people: `Flows/flow.yaml:14:7: error: subject: found; expected …; hint`.
  package var description: String {
    let head = location.isEmpty ? "" : location + ": "
    return head + "\(severity.rawValue): " + message
  }

  /// The line without the location: `subject: found; expected …; hint`.
  package var message: String {
    (subject.isEmpty ? "" : subject + ": ") + [found, expected.map { "expected " + $0 }, hint].compactMap { $0 }.joined(separator: "; ")
  }

  /// `Flows/flow.yaml:14:7`; empty if the location is unknown.
  private var location: String {
    [place.file, place.position.map { "\($0.line):\($0.column)" }].compactMap { $0 }.joined(separator: ":")
  }
}
