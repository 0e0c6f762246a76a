/// The kind of a diagnostic, for programs and for looking it up: `E0501`. Codes are stable: a code is never reused for
/// another meaning.
///
/// Each code is declared and documented once, in a table next to the code that reports it.
package struct DiagnosticCode: Sendable {
  /// A letter (`E` error, `W` warning, `N` note), two digits for the group, two for the code.
  package let id: String
  /// A short sentence without a period.
  package let title: String
  /// Why it is wrong and what to do, in full sentences.
  package let explanation: String
  /// An example of the mistake.
  package let mistake: String
  /// The corrected example.
  package let fix: String
  /// The problem is in the command line: flowrun exits with the code for usage errors.
  package let isUsage: Bool

  package init(_ id: String, _ title: String, _ explanation: String, mistake: String, fix: String, isUsage: Bool = false) {
    self.id = id
    self.title = title
    self.explanation = explanation
    self.mistake = mistake
    self.fix = fix
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
