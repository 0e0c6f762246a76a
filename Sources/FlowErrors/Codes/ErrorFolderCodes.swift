import FlowCore

extension DiagnosticGroup {
  /// Diagnostics about the error folder.
  package static let errorFolder = DiagnosticGroup("Error folder", [.damagedEntry])
}

extension DiagnosticCode {
  static let damagedEntry = DiagnosticCode(
    "E1201", "An entry of the error folder is damaged",
    "Its files are not as flowrun wrote them, so that its FlowFile cannot be made again. The entry is left where it is, and the others are used.",
    mistake: "an entry whose file content is missing", fix: "the entry as a backup has it, or its folder removed")
}

extension Diagnostic {
  static func damagedEntry(_ found: String) -> Diagnostic { Diagnostic(.damagedEntry, found: found) }
}
