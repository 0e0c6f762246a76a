import FlowCore
import FlowDefinition
import FlowErrors
import FlowExport
import FlowImport
import StudyModel
import StudyParticipants

extension DiagnosticGroup {
  /// Every group that the validation of a flow file can report, in numerical order.
  package static let flowFile = language + [.study]
}

/// Generates the documentation page of the diagnostic codes from their tables.
package enum DiagnosticPage {
  /// All codes by subject, in numerical order.
  package static let groups: [DiagnosticGroup] = DiagnosticGroup.flowFile + [.participants, .stores, .commands, .errorFolder, .models, .exports, .flowTests, .imports]

  package static var text: String {
    """
    # Diagnostics

    The meaning of the codes that `flowrun validate --format json|sarif|github` reports.

    A code is a letter (`E` error, `W` warning, `N` note) and four digits, the first two of them the subject's. Codes are stable: one is never
    given to something else. The text that people read has the same content without it: place, subject, what was found, what was expected, and
    a hint. This page is made from the tables in `Sources/**/Codes`.


    """ + groups.map(section).joined(separator: "\n")
  }

  /// The code with that name.
  package static func code(_ id: String) -> DiagnosticCode? { groups.lazy.flatMap(\.codes).first { $0.id == id } }

  private static func section(_ group: DiagnosticGroup) -> String {
    "## \(group.title)\n\n" + group.codes.map(entry).joined(separator: "\n")
  }

  private static func entry(_ code: DiagnosticCode) -> String {
    let example =
      code.mistake == code.fix
      ? "```\n\(code.mistake)\n```\n" : "Instead of\n\n```\n\(code.mistake)\n```\n\nwrite\n\n```\n\(code.fix)\n```\n"
    return "### \(code.id): \(code.title)\n\n\(code.explanation)\n\n\(example)"
  }
}
