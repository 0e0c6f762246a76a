extension DiagnosticGroup {
  /// A database that is not what the flow needs.
  package static let stores = DiagnosticGroup("Databases", [.storedTable, .storedSetting])
  /// What a command was asked to do.
  package static let commands = DiagnosticGroup("Command line", [.unknownName, .ambiguousName, .unsuitableFlow])
}

extension DiagnosticCode {
  package static let storedTable = DiagnosticCode(
    "E1001", "The database's table differs from the flow's",
    "A table of the database has another key than the flow, a column of another kind, or a name that is taken. flowrun adds tables and columns "
      + "and changes none that hold rows.",
    mistake: "value: { kind: text, … }      # the table has it as integer", mend: "value: { kind: integer, … }   # or another table, or another database")
  package static let storedSetting = DiagnosticCode(
    "E1002", "The database was filled with another setting",
    "Rows made with another setting cannot stand beside those of this flow in one table.",
    mistake: "flowrun flow.yaml -p detail=1min   # filled with 1sec", mend: "flowrun flow.yaml -p detail=1min -p database=minutes.sqlite")

  package static let unknownName = DiagnosticCode(
    "E1101", "A name that nothing has",
    "The command line names something that is not there. Nothing was started.",
    mistake: "flowrun errors show 9f3a01", mend: "flowrun errors show 9f3a10", isUsage: true)
  package static let ambiguousName = DiagnosticCode(
    "E1102", "A name that several have",
    "The beginning of an id is enough where it tells one from all others.",
    mistake: "flowrun runs show 0", mend: "flowrun runs show 0190c4", isUsage: true)
  package static let unsuitableFlow = DiagnosticCode(
    "E1103", "The flow does not suit the command",
    "The command needs something of the flow that this one does not have.",
    mistake: "flowrun coverage hello.yaml", mend: "flowrun coverage study.yaml")
}
