/// What to do with the rows of one table.
package struct RowChange: Sendable {
  package enum Statement: String, CaseIterable, Sendable { case insert, update, upsert, delete }

  package var statement: Statement
  package var table: String
  package var records: DataTable
  /// Columns by which rows are found; empty: the table's primary key, and for a deletion all columns that the records have.
  package var keys: [String]
  /// Whether a field finds its column without regard to case and underscores.
  package var translatesNames: Bool
  /// Whether a field without a column is a failure; otherwise it is left out.
  package var refusesUnknownFields: Bool

  package init(
    _ statement: Statement, _ table: String, _ records: DataTable, keys: [String] = [], translatesNames: Bool = true, refusesUnknownFields: Bool = false
  ) {
    self.statement = statement
    self.table = table
    self.records = records
    self.keys = keys
    self.translatesNames = translatesNames
    self.refusesUnknownFields = refusesUnknownFields
  }
}

/// What a change has done.
package struct RowChangeResult: Sendable, Equatable {
  /// Rows inserted, updated or deleted.
  package private(set) var rows = 0
  /// Records of an update or a deletion that found no row.
  package private(set) var unmatched = 0
  /// The number of the first of them, from 1.
  package private(set) var firstUnmatched: Int?
  private let looksForRows: Bool

  package init(of statement: RowChange.Statement) { looksForRows = statement == .update || statement == .delete }

  /// - Parameters:
  ///   - count: rows that one record has changed.
  ///   - number: the record's, from 1.
  package mutating func add(_ count: Int, record number: Int) {
    rows += count
    guard looksForRows, count == 0 else { return }
    unmatched += 1
    firstUnmatched = firstUnmatched ?? number
  }
}

/// A table as a change finds it.
package struct ChangeableTable: Sendable, Equatable {
  package var name: String
  package var columns: [String]
  /// Empty: it has none.
  package var primaryKey: [String]
  package var isView: Bool
  /// flowrun keeps it for itself.
  package var isOwn: Bool

  package init(name: String, columns: [String], primaryKey: [String], isView: Bool = false, isOwn: Bool = false) {
    self.name = name
    self.columns = columns
    self.primaryKey = primaryKey
    self.isView = isView
    self.isOwn = isOwn
  }
}

/// How a change's fields become a table's columns: the same decision for every database.
package struct RowChangePlan: Sendable, Equatable {
  /// Statements for different fields that a change keeps at most.
  package static let statementLimit = 256

  package struct Column: Sendable, Equatable {
    /// In the records.
    package var place: Int
    package var name: String
  }

  /// As the database names it.
  package let table: String
  /// The columns that are filled, in the order of the records' fields: by any record, or by the one that this is the plan of.
  package private(set) var columns: [Column]
  /// Those by which rows are found; empty for an insertion.
  package let keys: [Column]
  private let statement: RowChange.Statement
  private let location: String
  /// The others.
  package var values: [Column] { columns.filter { !keys.contains($0) } }

  /// - Parameter table: nil: there is none of this name.
  /// - Throws: `ProcessorError` (`bad_request` for the table and its keys, `bad_data` for fields).
  package init(_ change: RowChange, of table: ChangeableTable?, in location: String) throws(ProcessorError) {
    func refused(_ cause: Cause, _ found: String, _ expected: String) -> ProcessorError {
      ProcessorError(cause, "table '\(change.table)' of database '\(location)': \(found); expected \(expected)")
    }
    guard let table else { throw refused(.badRequest, "there is none", "a table that exists; flowrun makes only those that WriteRecords names") }
    guard !table.isOwn else {
      throw refused(.badRequest, "it is one of flowrun's own, which a study's figures rest on", "a table of your own; only WriteRecords writes this one")
    }
    guard !table.isView else { throw refused(.badRequest, "it is a view", "a table") }
    var columns: [Column] = []
    for (place, field) in change.records.columns.enumerated() {
      guard let name = try Self.column(field, change, table, refused) else { continue }
      if let other = columns.first(where: { $0.name == name }) {
        throw refused(.badData, "fields '\(change.records.columns[other.place])' and '\(field)' both belong into column '\(name)'", "one field for a column")
      }
      columns.append(Column(place: place, name: name))
    }
    guard !columns.isEmpty else {
      throw refused(.badData, "no field of the records has a column", "at least one of \(table.columns.joined(separator: ", "))")
    }
    self.table = table.name
    self.columns = columns
    statement = change.statement
    self.location = location
    keys = try Self.keys(change, columns, table, refused)
  }

  /// The plan for a record, which has the columns that its fields fill.
  /// - Parameter number: the record's, from 1.
  /// - Throws: `ProcessorError` (`bad_data`) for a record without what the statement needs.
  package func part(for record: [DataValue], number: Int) throws(ProcessorError) -> RowChangePlan {
    func refused(_ found: String, _ expected: String) -> ProcessorError { mismatch(record: number, found, expected) }
    for key in keys {
      switch record[key.place] {
      case .absent: throw refused("there is no field for the key '\(key.name)'", "one in every record: rows are found by it")
      case .null where statement != .delete: throw refused("the key '\(key.name)' is NULL", "a value: NULL identifies no row")
      default: break
      }
    }
    guard columns.contains(where: { record[$0.place] == .absent }) else { return self }
    var part = self
    part.columns = columns.filter { record[$0.place] != .absent }
    guard !part.columns.isEmpty else { throw refused("no field has a column", "at least one of \(columns.map(\.name).joined(separator: ", "))") }
    guard statement != .update || !part.values.isEmpty else { throw refused("there is nothing but the key", "further fields, for the columns to set") }
    return part
  }

  /// The failure (`bad_data`) of one record.
  /// - Parameter number: from 1.
  package func mismatch(record number: Int, _ found: String, _ expected: String) -> ProcessorError {
    ProcessorError(.badData, "record \(number) for table '\(table)' of database '\(location)': \(found); expected \(expected)")
  }

  private typealias Refusal = (_ cause: Cause, _ found: String, _ expected: String) -> ProcessorError

  /// nil: the field is left out.
  private static func column(_ field: String, _ change: RowChange, _ table: ChangeableTable, _ refused: Refusal) throws(ProcessorError) -> String? {
    if table.columns.contains(field) { return field }
    let alike = change.translatesNames ? table.columns.filter { plain($0) == plain(field) } : []
    guard alike.count < 2 else { throw refused(.badData, "field '\(field)' fits columns \(alike.joined(separator: ", "))", "a field with the name of one of them") }
    if let column = alike.first { return column }
    // A deletion that compares every field would find more rows without one of them.
    guard change.refusesUnknownFields || change.statement == .delete && change.keys.isEmpty else { return nil }
    throw refused(.badData, "there is no column for field '\(field)'", "one of \(table.columns.joined(separator: ", "))")
  }

  private static func keys(_ change: RowChange, _ columns: [Column], _ table: ChangeableTable, _ refused: Refusal) throws(ProcessorError) -> [Column] {
    if change.statement == .insert { return [] }
    if change.keys.isEmpty, change.statement == .delete { return columns }
    let names = change.keys.isEmpty ? table.primaryKey : change.keys
    guard !names.isEmpty else { throw refused(.badRequest, "it has no primary key", "update_keys with the columns that identify a row") }
    var keys: [Column] = []
    for name in names {
      let alike = columns.first { $0.name == name } ?? (change.translatesNames ? columns.first { plain($0.name) == plain(name) } : nil)
      guard let column = alike else { throw refused(.badData, "the records have no field for its key '\(name)'", "one in every record") }
      if !keys.contains(column) { keys.append(column) }
    }
    guard change.statement != .update || keys.count < columns.count else {
      throw refused(.badData, "the records have nothing but the key", "further fields, for the columns to set")
    }
    return keys
  }

  private static func plain(_ name: String) -> String { name.lowercased().filter { $0 != "_" } }
}
