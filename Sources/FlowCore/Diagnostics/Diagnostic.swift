/// A problem in something that a person wrote: a code, the place, the subject, what was found, what was expected, a
/// hint.
///
/// Diagnostics are data. `Diagnostic+Text.swift` renders them for people; `validate --format` renders JSON, SARIF and
/// annotations.
package struct Diagnostic: Error, Hashable, Sendable {
  package enum Severity: String, Sendable { case error, warning, note }

  /// The location, as precisely as it is known.
  package struct Place: Hashable, Sendable {
    package var file: String?
    package var position: SourcePosition?
    /// One past the last character of the text at `position`.
    package var end: SourcePosition?
    /// The property whose value is wrong, from a check that does not know the file; the reader of the file fills in the
    /// position.
    package var property: String?
    /// The offset of the character in Unicode scalars from 0, from a check that only sees the text.
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
  /// What the problem is about: `RouteOnAttribute 'by size'`, `parameter 'detail'`; empty for the file as a whole.
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

  /// A problem with one property, found by the processor's or service's own check.
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

  /// A copy at another place, optionally with another subject.
  package func at(_ place: Place, subject: String? = nil) -> Diagnostic {
    Diagnostic(code, at: place, subject: subject ?? self.subject, found: found, expected: expected, hint: hint)
  }
  package func at(_ position: SourcePosition?) -> Diagnostic { at(Place(file: place.file, position: position)) }
}

/// All diagnostics of one pass, not only the first.
package struct Diagnostics: Error, Sendable, CustomStringConvertible {
  package var all: [Diagnostic]
  package init(_ all: [Diagnostic]) { self.all = all }
  package var description: String { all.map(\.description).joined(separator: "\n") }

  /// All of them concern the command line.
  package var isUsage: Bool { !all.isEmpty && all.allSatisfy(\.code.isUsage) }
}
