import FlowCore

/// What every `SQLDatabase` does with records, whatever it is made of.
package struct SQLDatabaseConformance: Sendable {
  /// The database of each check: `things` (id whole number and primary key, name text that must have a value, amount real number, item_count whole
  /// number), empty; `things_seen`, a view of it.
  package static let statements = [
    "CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL, amount DOUBLE PRECISION, item_count BIGINT)",
    "CREATE VIEW things_seen AS SELECT * FROM things",
  ]
  package static let double: @Sendable () -> MemorySQLDatabase = {
    MemorySQLDatabase([
      .init("things", columns: ["id", "name", "amount", "item_count"], primaryKey: ["id"], required: ["name"]),
      .init("things_seen", columns: ["id"], isView: true), .init("participant", columns: ["name"], isOwn: true),
    ])
  }

  package let name: String
  private let changes: [RowChange]
  /// Of the last change: rows changed, or the cause of its failure.
  private let expected: Expectation
  /// The rows as JSON.
  private let rows: String

  private enum Expectation {
    case count(Int)
    case failure(Cause)
  }

  private init(_ name: String, _ changes: [RowChange], count: Int, _ rows: String) {
    self.name = name
    self.changes = changes
    expected = .count(count)
    self.rows = rows
  }

  private init(_ name: String, _ changes: [RowChange], fails cause: Cause, _ rows: String = "[]") {
    self.name = name
    self.changes = changes
    expected = .failure(cause)
    self.rows = rows
  }

  /// What is not as it should be; empty if all is.
  package func breaches(of database: any SQLDatabase) async throws -> [String] {
    var breaches: [String] = []
    for (number, change) in changes.enumerated() {
      let isLast = number == changes.count - 1
      do {
        let count = try await database.change(change)
        if isLast, case .failure(let cause) = expected { breaches.append("it succeeds where \(cause.rawValue) is due") }
        if isLast, case .count(let due) = expected, count != due { breaches.append("\(count) rows are changed, not \(due)") }
      } catch let error as ProcessorError {
        guard isLast, case .failure(let cause) = expected else { return ["change \(number + 1) fails: \(error)"] }
        if error.failure.cause != cause { breaches.append("it fails by \(error.failure.cause.rawValue), not \(cause.rawValue): \(error)") }
      }
    }
    let found = String(decoding: JSONRecords.write(try await database.query("SELECT * FROM things ORDER BY id", limits: QueryLimits())), as: UTF8.self)
    if found != rows { breaches.append("the rows are \(found), not \(rows)") }
    return breaches
  }

  private static func change(_ statement: RowChange.Statement, _ json: String, table: String = "things", keys: [String] = [], _ adjust: (inout RowChange) -> Void = { _ in }) -> RowChange {
    guard let records = try? JSONRecords.read(Array(json.utf8)) else { preconditionFailure("the case is JSON") }
    var change = RowChange(statement, table, records, keys: keys)
    adjust(&change)
    return change
  }

  private static let two = change(.insert, #"[{"id":1,"name":"a","amount":1.5,"item_count":2},{"id":2,"name":"b"}]"#)
  private static let twoRows = #"[{"id":1,"name":"a","amount":1.5,"item_count":2},{"id":2,"name":"b","amount":null,"item_count":null}]"#

  package static let all: [SQLDatabaseConformance] = [
    SQLDatabaseConformance("records are inserted, and a missing field is NULL", [two], count: 2, twoRows),
    SQLDatabaseConformance(
      "a field finds its column without regard to case and underscores", [change(.insert, #"[{"ID":1,"Name":"x","itemCount":3}]"#)], count: 1,
      #"[{"id":1,"name":"x","amount":null,"item_count":3}]"#),
    SQLDatabaseConformance(
      "without translation it does not, and what the table demands is missing", [change(.insert, #"[{"id":1,"Name":"x"}]"#) { $0.translatesNames = false }], fails: .badData),
    SQLDatabaseConformance("a field without a column is left out", [change(.insert, #"[{"id":1,"name":"x","more":{"a":[1]}}]"#)], count: 1, #"[{"id":1,"name":"x","amount":null,"item_count":null}]"#),
    SQLDatabaseConformance(
      "or refused", [change(.insert, #"[{"id":1,"name":"x","more":1}]"#) { $0.refusesUnknownFields = true }], fails: .badData),
    SQLDatabaseConformance("one bad record undoes all", [change(.insert, #"[{"id":1,"name":"x"},{"id":2,"name":null}]"#)], fails: .badData),
    SQLDatabaseConformance("a key that is there is no insertion", [two, change(.insert, #"[{"id":3,"name":"c"},{"id":1,"name":"x"}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance(
      "an upsert updates what is there and inserts the rest, the last record of a key wins",
      [two, change(.upsert, #"[{"id":2,"name":"B","amount":2.5},{"id":3,"name":"c"},{"id":3,"name":"C"}]"#)], count: 3,
      #"[{"id":1,"name":"a","amount":1.5,"item_count":2},{"id":2,"name":"B","amount":2.5,"item_count":null},{"id":3,"name":"C","amount":null,"item_count":null}]"#),
    SQLDatabaseConformance("an upsert needs a unique index over its keys", [two, change(.upsert, #"[{"id":2,"name":"b"}]"#, keys: ["name"])], fails: .badRequest, twoRows),
    SQLDatabaseConformance(
      "an update changes the rows of its keys, and none that is not there", [two, change(.update, #"[{"name":"a","amount":9.25},{"name":"z","amount":1}]"#, keys: ["name"])],
      count: 1, #"[{"id":1,"name":"a","amount":9.25,"item_count":2},{"id":2,"name":"b","amount":null,"item_count":null}]"#),
    SQLDatabaseConformance("an update without the key's field is refused", [two, change(.update, #"[{"name":"a","amount":9}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("an update of nothing but the key is refused", [two, change(.update, #"[{"id":1}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance(
      "a deletion compares every field, and NULL with NULL", [two, change(.delete, #"[{"name":"b","amount":null},{"name":"a","amount":7}]"#)], count: 1,
      #"[{"id":1,"name":"a","amount":1.5,"item_count":2}]"#),
    SQLDatabaseConformance("or its keys", [two, change(.delete, #"[{"id":1,"name":"other"}]"#, keys: ["id"])], count: 1, #"[{"id":2,"name":"b","amount":null,"item_count":null}]"#),
    SQLDatabaseConformance("a table of flowrun's own is refused", [change(.insert, #"[{"name":"x"}]"#, table: "participant")], fails: .badRequest),
    SQLDatabaseConformance("a view is refused", [change(.insert, #"[{"id":1,"name":"x"}]"#, table: "things_seen")], fails: .badRequest),
    SQLDatabaseConformance("a table that does not exist is refused", [change(.insert, #"[{"id":1}]"#, table: "nothing\"; DROP TABLE things; --")], fails: .badRequest),
    SQLDatabaseConformance("two fields for one column are refused", [change(.insert, #"[{"id":1,"item_count":1,"itemCount":2}]"#)], fails: .badData),
    SQLDatabaseConformance("text with quotes stays text", [change(.insert, #"[{"id":1,"name":"'); DROP TABLE things; --"}]"#)], count: 1, #"[{"id":1,"name":"'); DROP TABLE things; --","amount":null,"item_count":null}]"#),
  ]
}
