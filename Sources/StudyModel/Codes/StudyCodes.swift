import FlowCore

extension DiagnosticGroup {
  /// Rules of a study for its flows.
  package static let study = DiagnosticGroup("Study", [.mixedDataTypes, .keyNamesOwner, .fixedTable])
}

extension DiagnosticCode {
  static let mixedDataTypes = DiagnosticCode(
    "E0802", "Two data types in one table",
    "Rows of heart rates and of steps with the same keys would overwrite each other. Give each its own table, or add a column to the key that distinguishes them.",
    mistake: "- { name: write heart, …, table: intraday }\n- { name: write steps, …, table: intraday }",
    fix: "- { name: write heart, …, table: intraday_heart }\n- { name: write steps, …, table: intraday_steps }")
  static let keyNamesOwner = DiagnosticCode(
    "E0803", "The key names the participant", "`participant_id` is part of every key already.", mistake: "key: [participant_id, instant]", fix: "key: [instant]")
  static let fixedTable = DiagnosticCode(
    "E0804", "The columns of this table are fixed",
    "Readers rely on some tables, so their keys, columns and kinds are fixed. Additional columns are allowed.",
    mistake: "table: fitbit_intraday_hr, columns: { valu: … }", fix: "table: fitbit_intraday_hr, columns: { value: … }")
}
