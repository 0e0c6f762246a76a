/// What a diagnostic is an instance of, for programs and for whoever looks it up: `E0501`. Codes are stable: one is never given to
/// something else.
///
/// Each is declared once, in a table beside those that report it, and documented there.
package struct DiagnosticCode: Sendable {
  /// A letter (`E` error, `W` warning, `N` note), two digits of the group, two of its own.
  package let id: String
  /// A short sentence without a full stop.
  package let title: String
  /// Why it is wrong and what to do, in full sentences.
  package let explanation: String
  /// What somebody might have written.
  package let mistake: String
  /// What to write instead.
  package let mend: String
  /// It is about the command line: the exit code is that of a usage error.
  package let isUsage: Bool

  package init(_ id: String, _ title: String, _ explanation: String, mistake: String, mend: String, isUsage: Bool = false) {
    self.id = id
    self.title = title
    self.explanation = explanation
    self.mistake = mistake
    self.mend = mend
    self.isUsage = isUsage
  }

  package var severity: Diagnostic.Severity { id.hasPrefix("E") ? .error : id.hasPrefix("W") ? .warning : .note }
}

extension DiagnosticCode: Hashable, CustomStringConvertible {
  package static func == (left: DiagnosticCode, right: DiagnosticCode) -> Bool { left.id == right.id }
  package func hash(into hasher: inout Hasher) { hasher.combine(id) }
  package var description: String { id }
}

/// The codes of one subject, in the order of their numbers.
package struct DiagnosticGroup: Sendable {
  package let title: String
  package let codes: [DiagnosticCode]
  package init(_ title: String, _ codes: [DiagnosticCode]) {
    self.title = title
    self.codes = codes
  }
}
