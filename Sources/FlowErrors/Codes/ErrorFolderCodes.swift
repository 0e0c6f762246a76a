import FlowCore

extension DiagnosticGroup {
  /// Diagnostics about the error folder.
  package static let errorFolder = DiagnosticGroup("Error folder", [.damagedEntry])
}

extension DiagnosticCode {
  static let damagedEntry = DiagnosticCode(
    "E1201", "An entry of the error folder is damaged",
    "Its files were changed after flowrun wrote them, so its FlowFile cannot be restored. The entry is left unchanged, and the others are used.",
    mistake: "an entry without its file content", fix: "the entry restored from a backup, or its folder removed")
}

extension Diagnostic {
  static func damagedEntry(_ found: String) -> Diagnostic { Diagnostic(.damagedEntry, found: found) }
}
