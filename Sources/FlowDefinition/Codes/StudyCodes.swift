import FlowCore

extension DiagnosticGroup {
  /// What a study asks of a flow.
  package static let study = DiagnosticGroup("Study", [.foreignName, .mixedDataTypes, .keyNamesOwner, .fixedTable])
}

extension DiagnosticCode {
  static let foreignName = DiagnosticCode(
    "E0801", "A name that the service does not have",
    "Services have names of their own, such as the scopes that can be granted. One that is misspelt would be asked for in vain.",
    mistake: "scope: heartbeat", mend: "scope: heartrate")
  static let mixedDataTypes = DiagnosticCode(
    "E0802", "Two data types go into one table",
    "Rows of heart rates and of steps with the same keys would overwrite each other. Give each a table, or the key a column that tells them apart.",
    mistake: "- { name: write heart, …, table: intraday }\n- { name: write steps, …, table: intraday }",
    mend: "- { name: write heart, …, table: intraday_heart }\n- { name: write steps, …, table: intraday_steps }")
  static let keyNamesOwner = DiagnosticCode(
    "E0803", "The key names the participant", "`participant_id` is part of every key already.", mistake: "key: [participant_id, instant]", mend: "key: [instant]")
  static let fixedTable = DiagnosticCode(
    "E0804", "The columns of this table are fixed",
    "Some tables are promised to those who read them: their keys, columns and kinds do not change. Other columns may stand beside them.",
    mistake: "table: fitbit_intraday_hr, columns: { valu: … }", mend: "table: fitbit_intraday_hr, columns: { value: … }")
}

extension DiagnosticGroup {
  /// All that the check of a flow file may report, in the order of their numbers.
  package static let flowFile: [DiagnosticGroup] = [.text, .structure, .parameters, .graph, .properties, .expressions, .tables, .study]
}
