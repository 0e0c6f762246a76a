extension DiagnosticGroup {
  /// Databases that do not match the flow.
  package static let stores = DiagnosticGroup("Databases", [.storedTable, .storedSetting, .databaseAddress, .objectLocation])
  /// Arguments of commands.
  package static let commands = DiagnosticGroup("Command line", [.unknownName, .ambiguousName, .unsuitableFlow])
}

extension DiagnosticCode {
  package static let storedTable = DiagnosticCode(
    "E1001", "The database's table differs from the flow's",
    "The table in the database has a different key from the flow's, a column of a different kind, or a name that is taken. flowrun adds tables "
      + "and columns but does not change those that hold rows.",
    mistake: "value: { kind: text, … }      # the table has it as integer", fix: "value: { kind: integer, … }   # or another table, or another database")
  package static let storedSetting = DiagnosticCode(
    "E1002", "The database was filled with another setting",
    "Rows made with different settings cannot share a table.",
    mistake: "flowrun flow.yaml -p detail=1min   # filled with 1sec", fix: "flowrun flow.yaml -p detail=1min -p database=minutes.sqlite")
  package static let databaseAddress = DiagnosticCode(
    "E1003", "The database's address cannot be used",
    "A database is a file, or a server named by a connection URI. The URI holds no password, because a command line can be read by others, and data "
      + "crosses a network only encrypted.",
    mistake: "flowrun flow.yaml -p database=postgresql://study:secret@db/study", fix: "flowrun flow.yaml -p database='postgresql://study@db/study?sslmode=verify-full'")

  package static let objectLocation = DiagnosticCode(
    "E1004", "The location of objects cannot be used",
    "Objects are in a folder, or on S3. Credentials, region and endpoint are taken from the environment variables of AWS tools, and data cross a "
      + "network only encrypted.",
    mistake: "flowrun flow.yaml -p raw=s3://Study_Raw", fix: "flowrun flow.yaml -p raw=s3://study-raw")

  package static let unknownName = DiagnosticCode(
    "E1101", "Unknown name",
    "The command line names something that does not exist. Nothing was started.",
    mistake: "flowrun errors show 9f3a01", fix: "flowrun errors show 9f3a10", isUsage: true)
  package static let ambiguousName = DiagnosticCode(
    "E1102", "Ambiguous name",
    "The beginning of an id is enough if it is unique.",
    mistake: "flowrun runs show 0", fix: "flowrun runs show 0190c4", isUsage: true)
  package static let unsuitableFlow = DiagnosticCode(
    "E1103", "The flow does not suit the command",
    "The command needs something that this flow does not have.",
    mistake: "flowrun coverage hello.yaml", fix: "flowrun coverage study.yaml")
}
