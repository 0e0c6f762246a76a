/// Something wrong with what a person wrote: a code, the place, the subject, what was found, what was expected, a hint.
///
/// It is data. `Diagnostic+Text.swift` makes the line that people read from it; `validate --format` makes JSON, SARIF and annotations.
package struct Diagnostic: Error, Hashable, Sendable {
  package enum Severity: String, Sendable { case error, warning, note }

  /// Where it is, as far as is known.
  package struct Place: Hashable, Sendable {
    package var file: String?
    package var position: SourcePosition?
    /// What follows the last character of the text at the position.
    package var end: SourcePosition?
    /// Whose value is wrong, for a check that knows no file: who reads the file fills the position in.
    package var property: String?
    /// A character of a text that does not know its file, counted in Unicode scalars from 0.
    package var offset: Int?

    package init(
      file: String? = nil, position: SourcePosition? = nil, end: SourcePosition? = nil, property: String? = nil, offset: Int? = nil
    ) {
      self.file = file
      self.position = position
      self.end = end
      self.property = property
      self.offset = offset
    }
  }

  package var code: DiagnosticCode
  package var place: Place
  /// Whose it is: `RouteOnAttribute 'by size'`, `parameter 'detail'`; empty for the file as a whole.
  package var subject: String
  package var found: String
  package var expected: String?
  package var hint: String?

  package init(
    _ code: DiagnosticCode, file: String? = nil, position: SourcePosition? = nil, subject: String = "", found: String,
    expected: String? = nil, hint: String? = nil
  ) {
    self.init(
      code, at: Place(file: file, position: position), subject: subject, found: found, expected: expected, hint: hint)
  }

  package init(
    _ code: DiagnosticCode, at place: Place, subject: String = "", found: String, expected: String? = nil, hint: String? = nil
  ) {
    self.code = code
    self.place = place
    self.subject = subject
    self.found = found
    self.expected = expected
    self.hint = hint
  }

  /// What a processor's or service's own check says of one of its properties.
  package init(_ code: DiagnosticCode, property: String, found: String, expected: String? = nil, hint: String? = nil) {
    self.init(code, at: Place(property: property), found: "property '\(property)': \(found)", expected: expected, hint: hint)
  }

  package var severity: Severity { code.severity }
  package var file: String? {
    get { place.file }
    set { place.file = newValue }
  }
  package var position: SourcePosition? {
    get { place.position }
    set { place.position = newValue }
  }

  /// The same about a place and a subject.
  package func at(_ place: Place, subject: String? = nil) -> Diagnostic {
    Diagnostic(code, at: place, subject: subject ?? self.subject, found: found, expected: expected, hint: hint)
  }
  package func at(_ position: SourcePosition?) -> Diagnostic { at(Place(file: place.file, position: position)) }
}

/// Every diagnostic of one go, never only the first.
package struct Diagnostics: Error, Sendable, CustomStringConvertible {
  package var all: [Diagnostic]
  package init(_ all: [Diagnostic]) { self.all = all }
  package var description: String { all.map(\.description).joined(separator: "\n") }

  /// They are about the command line alone.
  package var isUsage: Bool { !all.isEmpty && all.allSatisfy(\.code.isUsage) }
}
