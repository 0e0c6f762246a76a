extension DiagnosticGroup {
  /// Records and tables.
  package static let tables = DiagnosticGroup(
    "Records and tables",
    [
      .noRecords, .reservedName, .columnCapitals, .conflictingTableUse, .unfilledKeyColumn, .unknownColumn, .nullableKey, .columnName,
      .conflictingColumn,
    ])
}

extension DiagnosticCode {
  package static let noRecords = DiagnosticCode(
    "E0701", "No records lead to the table",
    "The processor uses a table, and nothing before it makes records.",
    mistake: "- { name: fetch, …, to: { success: write } }\n- { name: write, type: WriteRecords, … }",
    mend: "- { name: fetch, …, to: { success: extract } }\n- { name: extract, type: ExtractRecords, …, to: { success: write } }\n"
      + "- { name: write, type: WriteRecords, … }")
  package static let reservedName = DiagnosticCode(
    "E0702", "The name is reserved",
    "The database and flowrun have tables and columns of their own; a flow cannot use their names.",
    mistake: "table: sqlite_master", mend: "table: measurements")
  package static let columnCapitals = DiagnosticCode(
    "E0703", "Two columns differ in capitals only",
    "A database takes `Value` and `value` for one column.",
    mistake: "columns: { Value: { … }, value: { … } }", mend: "columns: { value: { … }, corrected: { … } }")
  package static let conflictingTableUse = DiagnosticCode(
    "E0704", "Two processors disagree about a table",
    "All processors that use a table must name one key, and all mappings that lead to it must give a column the same kind.",
    mistake: "- { …, table: mine, key: [instant] }\n- { …, table: mine, key: [day] }",
    mend: "- { …, table: mine, key: [instant] }\n- { …, table: mine, key: [instant] }")
  package static let unfilledKeyColumn = DiagnosticCode(
    "E0705", "Nothing fills a column of the key",
    "The key names a column that no mapping before the processor has.",
    mistake: "columns: { insant: { … } }\n…\nkey: [instant]", mend: "columns: { instant: { … } }\n…\nkey: [instant]")
  package static let unknownColumn = DiagnosticCode(
    "E0706", "Unknown column",
    "A property names a column that the records of the table do not have.",
    mistake: "columns: { start: { … }, value: { … } }\n…\nintervals: [strat]",
    mend: "columns: { start: { … }, value: { … } }\n…\nintervals: [start]")
  package static let nullableKey = DiagnosticCode(
    "E0707", "A column of the key may be NULL",
    "A row whose key is not complete cannot be written, and nothing of its answer with it. Say what becomes of such a row: with `required: true` "
      + "the answer fails, with `skip_null: true` the row is left out.",
    mistake: "columns: { instant: { kind: instant, from: time } }\n…\nkey: [instant]",
    mend: "columns: { instant: { kind: instant, from: time, required: true } }\n…\nkey: [instant]")
  package static let columnName = DiagnosticCode(
    "E0708", "The name cannot be a column's",
    "Columns have names of letters, digits and `_`, not beginning with a digit.",
    mistake: "columns: { body-weight: { … } }", mend: "columns: { body_weight: { … } }")
  package static let conflictingColumn = DiagnosticCode(
    "E0709", "Members of a column that do not go together",
    "A column has one origin (`from`, `value`, …), and only some members suit its kind.",
    mistake: "day: { kind: date, from: date, maximum: 7 }", mend: "day: { kind: date, from: date }")
}
