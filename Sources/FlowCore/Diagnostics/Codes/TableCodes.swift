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
    "The processor uses a table, but no processor upstream produces records.",
    mistake: "- { name: fetch, …, to: { success: write } }\n- { name: write, type: WriteRecords, … }",
    fix: "- { name: fetch, …, to: { success: extract } }\n- { name: extract, type: ExtractRecords, …, to: { success: write } }\n"
      + "- { name: write, type: WriteRecords, … }")
  package static let reservedName = DiagnosticCode(
    "E0702", "The name is reserved",
    "The database and flowrun have their own tables and columns; a flow cannot use their names.",
    mistake: "table: sqlite_master", fix: "table: measurements")
  package static let columnCapitals = DiagnosticCode(
    "E0703", "Two columns differ only in case",
    "To a database, `Value` and `value` are the same column.",
    mistake: "columns: { Value: { … }, value: { … } }", fix: "columns: { value: { … }, corrected: { … } }")
  package static let conflictingTableUse = DiagnosticCode(
    "E0704", "Two processors disagree about a table",
    "All processors that use a table must name the same key, and all mappings upstream must give each column the same kind.",
    mistake: "- { …, table: mine, key: [instant] }\n- { …, table: mine, key: [day] }",
    fix: "- { …, table: mine, key: [instant] }\n- { …, table: mine, key: [instant] }")
  package static let unfilledKeyColumn = DiagnosticCode(
    "E0705", "A key column is not filled",
    "The key names a column that no mapping upstream of the processor has.",
    mistake: "columns: { insant: { … } }\n…\nkey: [instant]", fix: "columns: { instant: { … } }\n…\nkey: [instant]")
  package static let unknownColumn = DiagnosticCode(
    "E0706", "Unknown column",
    "A property names a column that the records of the table do not have.",
    mistake: "columns: { start: { … }, value: { … } }\n…\nintervals: [strat]",
    fix: "columns: { start: { … }, value: { … } }\n…\nintervals: [start]")
  package static let nullableKey = DiagnosticCode(
    "E0707", "A key column may be NULL",
    "A row with an incomplete key cannot be written, nor can the rest of its response. Choose what happens to such a row: with `required: true` "
      + "the response fails, with `skip_null: true` the row is skipped.",
    mistake: "columns: { instant: { kind: instant, from: time } }\n…\nkey: [instant]",
    fix: "columns: { instant: { kind: instant, from: time, required: true } }\n…\nkey: [instant]")
  package static let columnName = DiagnosticCode(
    "E0708", "Invalid column name",
    "Column names consist of letters, digits and `_` and do not start with a digit.",
    mistake: "columns: { body-weight: { … } }", fix: "columns: { body_weight: { … } }")
  package static let conflictingColumn = DiagnosticCode(
    "E0709", "Conflicting members of a column",
    "A column has exactly one source (`from`, `value`, …), and some members are only valid for certain kinds.",
    mistake: "day: { kind: date, from: date, maximum: 7 }", fix: "day: { kind: date, from: date }")
}
