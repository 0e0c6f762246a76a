import FlowCore
import StudyLedger
import StudyModel

/// A table as a warehouse has it: `participant` (text), then the flow's columns.
struct WarehouseRelation: Sendable {
  static let owner = "participant"

  let table: TableSchema

  init(_ table: TableSchema) { self.table = table }

  var key: [String] { [Self.owner] + table.key }

  func type(of column: TableSchema.Column) -> PostgresType { PostgresTable(table).type(of: column) }

  // MARK: Shape

  var createStatement: String {
    var lines = ["\(Self.owner) \(PostgresType.text.declaration) NOT NULL"]
    for column in table.columns {
      lines.append("\(quoted(column.name)) \(type(of: column).declaration)" + (table.key.contains(column.name) ? " NOT NULL" : ""))
    }
    lines.append("PRIMARY KEY (\(key.map(quoted).joined(separator: ", ")))")
    return "CREATE TABLE \(quoted(table.name)) (\n  \(lines.joined(separator: ",\n  "))\n)"
  }

  /// What is missing in a table that exists, or why its shape is another one.
  func comparison(with stored: [StoredColumn], location: String) -> (missing: [TableSchema.Column], problems: [Diagnostic]) {
    func problem(_ found: String, _ expected: String, _ hint: String) -> Diagnostic {
      Diagnostic(.storedTable, subject: "table '\(table.name)' of warehouse '\(location)'", found: found, expected: expected, hint: hint)
    }
    guard let first = stored.first(where: { $0.name == Self.owner }), first.type == PostgresType.text.catalogName else {
      let isOwn = stored.contains { $0.name == "participant_id" }
      return (
        [],
        [
          problem(
            isOwn ? "it numbers its participants: it is a flow's own table" : "it has no column '\(Self.owner)' of type text",
            "a table that LoadIntoWarehouse has made, or none",
            isOwn
              ? "name another database or schema (?options=-csearch_path%3Dwarehouse), or no warehouse: the flow's database serves as one then"
              : "rename that table, or name another schema: ?options=-csearch_path%3Dwarehouse")
        ])
    }
    var missing: [TableSchema.Column] = []
    var problems: [Diagnostic] = []
    let storedKey = stored.filter { $0.keyPosition > 0 }.sorted { $0.keyPosition < $1.keyPosition }.map(\.name)
    if storedKey != key {
      problems.append(
        problem(
          "its key is (\(storedKey.joined(separator: ", "))) in the warehouse and (\(key.joined(separator: ", "))) in the flow", "the same key",
          "change the flow back, or drop the table and load it again with from and until"))
    }
    for column in table.columns {
      guard let known = stored.first(where: { $0.name == column.name }) else {
        missing.append(column)
        continue
      }
      let expected = type(of: column).catalogName
      guard known.type != expected else { continue }
      problems.append(
        problem(
          "column '\(column.name)' is \(known.type) in the warehouse and \(expected) in the flow", "the same type",
          "change the flow back, or drop the table and load it again with from and until"))
    }
    return (missing, problems)
  }

  func addStatement(_ column: TableSchema.Column) -> String {
    "ALTER TABLE \(quoted(table.name)) ADD COLUMN \(quoted(column.name)) \(type(of: column).declaration)"
  }

  // MARK: What is replaced

  /// Deletes the rows that a slice takes the place of; nil if its extent names none. Throws `ProcessorError` (`bad_data`) for a value that a
  /// column cannot have.
  func deletion(of extent: WarehouseSlice.Extent, participant: String) throws(ProcessorError) -> Statement? {
    var tests: [String] = []
    var parameters = [Parameter.text(participant)]
    func add(_ test: String, _ values: [Parameter]) {
      tests.append(test)
      parameters += values
    }
    let time = quoted(table.timeColumn?.name ?? "")
    switch extent {
    case .instants(let range): add("\(time) >= $2 AND \(time) < $3", [.instant(range.lowerBound), .instant(range.upperBound)])
    case .dates(let range): add("\(time) >= $2 AND \(time) < $3", [.date(range.lowerBound), .date(range.upperBound)])
    case .values(let values):
      for (column, value) in values.sorted(by: { $0.key < $1.key }) { add("\(quoted(column)) = $\(parameters.count + 1)", [try parameter(value, of: column)]) }
    case .keys: return nil
    }
    return Statement("DELETE FROM \(quoted(table.name)) WHERE \(Self.owner) = $1 AND \(tests.joined(separator: " AND "))", parameters)
  }

  private func parameter(_ value: String, of name: String) throws(ProcessorError) -> Parameter {
    let kind = table.columns.first { $0.name == name }?.kind
    func misfit(_ expected: String) -> ProcessorError {
      ProcessorError(.badData, "'replaces' gives '\(value)' for column '\(name)' of table '\(table.name)'; expected \(expected)")
    }
    switch kind {
    case .text: return .text(value)
    case .date:
      guard let date = CivilDate(text: value) else { throw misfit("a date such as 2026-08-15") }
      return .date(date)
    case .instant:
      guard let instant = Instant(rfc3339: value) else { throw misfit("an instant such as 2026-08-15T00:00:00Z") }
      return .instant(instant.seconds)
    case .integer, .offset:
      guard let number = Int64(value) else { throw misfit("a whole number") }
      return .integer(number)
    case .real, nil: throw misfit("a column of another kind, whose values can be compared exactly")
    }
  }
}
