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
      .init("things", columns: ["id", "name", "amount", "item_count"], primaryKey: ["id"], required: ["name"],
        kinds: ["id": .whole, "name": .text, "amount": .floatingPoint, "item_count": .whole]),
      .init("things_seen", columns: ["id"], isView: true), .init("participant", columns: ["name"], isOwn: true),
    ])
  }

  package let name: String
  private let changes: [RowChange]
  /// Of the last change: rows changed and records without a row, or the cause of its failure.
  private let expected: Expectation
  /// The rows as JSON.
  private let rows: String

  private enum Expectation {
    case count(Int, unmatched: Int, first: Int?)
    case failure(Cause)
  }

  private init(_ name: String, _ changes: [RowChange], count: Int, unmatched: Int = 0, first: Int? = nil, _ rows: String) {
    self.name = name
    self.changes = changes
    expected = .count(count, unmatched: unmatched, first: first)
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
        let result = try await database.change(change)
        if isLast, case .failure(let cause) = expected { breaches.append("it succeeds where \(cause.rawValue) is due") }
        if isLast, case .count(let rows, let unmatched, let first) = expected, (result.rows, result.unmatched, result.firstUnmatched) != (rows, unmatched, first) {
          breaches.append("\(result) is the result, not \(rows) rows and \(unmatched) records without one, the first \(first ?? 0)")
        }
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
      count: 1, unmatched: 1, first: 2, #"[{"id":1,"name":"a","amount":9.25,"item_count":2},{"id":2,"name":"b","amount":null,"item_count":null}]"#),
    SQLDatabaseConformance("an update without the key's field is refused", [two, change(.update, #"[{"name":"a","amount":9}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("an update of nothing but the key is refused", [two, change(.update, #"[{"id":1}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance(
      "a deletion compares every field, and NULL with NULL", [two, change(.delete, #"[{"name":"b","amount":null},{"name":"a","amount":7}]"#)], count: 1, unmatched: 1, first: 2,
      #"[{"id":1,"name":"a","amount":1.5,"item_count":2}]"#),
    SQLDatabaseConformance("or its keys", [two, change(.delete, #"[{"id":1,"name":"other"}]"#, keys: ["id"])], count: 1, #"[{"id":2,"name":"b","amount":null,"item_count":null}]"#),
    SQLDatabaseConformance("a table of flowrun's own is refused", [change(.insert, #"[{"name":"x"}]"#, table: "participant")], fails: .badRequest),
    SQLDatabaseConformance("a view is refused", [change(.insert, #"[{"id":1,"name":"x"}]"#, table: "things_seen")], fails: .badRequest),
    SQLDatabaseConformance("a table that does not exist is refused", [change(.insert, #"[{"id":1}]"#, table: "nothing\"; DROP TABLE things; --")], fails: .badRequest),
    SQLDatabaseConformance("two fields for one column are refused", [change(.insert, #"[{"id":1,"item_count":1,"itemCount":2}]"#)], fails: .badData),
    SQLDatabaseConformance("text with quotes stays text", [change(.insert, #"[{"id":1,"name":"'); DROP TABLE things; --"}]"#)], count: 1, #"[{"id":1,"name":"'); DROP TABLE things; --","amount":null,"item_count":null}]"#),
    SQLDatabaseConformance(
      "a number and a truth value in a column of texts are their texts",
      [change(.insert, #"[{"id":1,"name":1.10},{"id":2,"name":1E5},{"id":3,"name":true},{"id":4,"name":12345678901234567890},{"id":5,"name":"007"}]"#)], count: 5,
      "[" + [#"1,"name":"1.10""#, #"2,"name":"1E5""#, #"3,"name":"true""#, #"4,"name":"12345678901234567890""#, #"5,"name":"007""#]
        .map { #"{"id":\#($0),"amount":null,"item_count":null}"# }.joined(separator: ",") + "]"),
    SQLDatabaseConformance(
      "so an update finds its row by the text of a number",
      [change(.insert, #"[{"id":1,"name":"1.1"},{"id":2,"name":"1.10"}]"#), change(.update, #"[{"name":1.10,"item_count":7}]"#, keys: ["name"])], count: 1,
      #"[{"id":1,"name":"1.1","amount":null,"item_count":null},{"id":2,"name":"1.10","amount":null,"item_count":7}]"#),
    SQLDatabaseConformance(
      "a whole number beyond 64 bits does not fit", [two, change(.insert, #"[{"id":3,"name":"x","item_count":12345678901234567890}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("nor does its text", [two, change(.insert, #"[{"id":3,"name":"x","item_count":"12345678901234567890"}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("a key of whole numbers is no fraction", [two, change(.insert, #"[{"id":2.5,"name":"x"}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("the largest and the smallest do", [change(.insert, #"[{"id":1,"name":"x","item_count":9223372036854775807},{"id":2,"name":"x","item_count":"-9223372036854775808"}]"#)],
      count: 2, #"[{"id":1,"name":"x","amount":null,"item_count":9223372036854775807},{"id":2,"name":"x","amount":null,"item_count":-9223372036854775808}]"#),
    SQLDatabaseConformance("a number beyond floating point does not fit", [two, change(.update, #"[{"id":1,"amount":1e400}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("nor does a text that is no number", [two, change(.update, #"[{"id":1,"amount":"n/a"}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance(
      "floating point is the nearest to what is written", [change(.insert, #"[{"id":1,"name":"x","amount":72.33333333333333333333},{"id":2,"name":"x","amount":"2.5"}]"#)], count: 2,
      #"[{"id":1,"name":"x","amount":72.33333333333333,"item_count":null},{"id":2,"name":"x","amount":2.5,"item_count":null}]"#),
    SQLDatabaseConformance(
      "an update leaves the columns alone whose fields a record does not have, and sets to NULL what is null",
      [two, change(.update, #"[{"id":1,"amount":9.25},{"id":2,"item_count":4},{"id":1,"item_count":null}]"#)], count: 3,
      #"[{"id":1,"name":"a","amount":9.25,"item_count":null},{"id":2,"name":"b","amount":null,"item_count":4}]"#),
    SQLDatabaseConformance(
      "so does an upsert", [two, change(.upsert, #"[{"id":1,"name":"A"},{"id":2,"name":"B","amount":1.5},{"id":3,"name":"c","item_count":3},{"id":2,"name":"B","amount":null}]"#)], count: 4,
      #"[{"id":1,"name":"A","amount":1.5,"item_count":2},{"id":2,"name":"B","amount":null,"item_count":null},{"id":3,"name":"c","amount":null,"item_count":3}]"#),
    SQLDatabaseConformance("an upsert needs what the table demands, whether the row is there or not", [two, change(.upsert, #"[{"id":1,"amount":2.5}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("an update counts the records that find no row", [two, change(.update, #"[{"id":3,"name":"x"},{"id":1,"name":"A"},{"id":4,"name":"y"}]"#)], count: 1, unmatched: 2, first: 1,
      #"[{"id":1,"name":"A","amount":1.5,"item_count":2},{"id":2,"name":"b","amount":null,"item_count":null}]"#),
    SQLDatabaseConformance("an update by a key that is NULL is refused", [two, change(.update, #"[{"id":1,"name":"x"},{"id":null,"name":"y"}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("so is an upsert", [two, change(.upsert, #"[{"id":null,"name":"y"}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("and one in which a record does not have the key", [two, change(.upsert, #"[{"id":1,"name":"x"},{"name":"y"}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("a record of an update with nothing but the key is refused", [two, change(.update, #"[{"id":1,"name":"x"},{"id":2}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("a record without a column is refused", [two, change(.insert, #"[{"id":3,"name":"x"},{"other":1}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("a deletion in which a record does not have every field is refused", [two, change(.delete, #"[{"id":1,"name":"a"},{"name":"b"}]"#)], fails: .badData, twoRows),
    SQLDatabaseConformance("so is one with a field that has no column, which would find more", [two, change(.delete, #"[{"idd":1,"name":"b"}]"#)], fails: .badData, twoRows),
  ]
}
