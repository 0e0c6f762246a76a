extension Diagnostic: CustomStringConvertible {
  /// The line that people read: `Flows/flow.yaml:14:7: error: subject: found; expected …; hint`.
  package var description: String {
    let head = location.isEmpty ? "" : location + ": "
    return head + "\(severity.rawValue): " + message
  }

  /// The line without its place: `subject: found; expected …; hint`.
  package var message: String {
    (subject.isEmpty ? "" : subject + ": ") + [found, expected.map { "expected " + $0 }, hint].compactMap { $0 }.joined(separator: "; ")
  }

  /// `Flows/flow.yaml:14:7`; empty where no place is known.
  private var location: String {
    [place.file, place.position.map { "\($0.line):\($0.column)" }].compactMap { $0 }.joined(separator: ":")
  }
}
