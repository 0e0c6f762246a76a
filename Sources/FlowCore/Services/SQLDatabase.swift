/// A database that flows may ask in SQL, and into whose tables they may put records.
///
/// - **Lifecycle, threads.** As a service: used between `prepare` and `close`, from any task; no call blocks a worker thread. Changes are serialised.
/// - **Failures.** A call throws `ProcessorError`: `bad_request` for a statement that the database does not take, `bad_data` for records that do
///   not fit the table, `database` and `disk` for what may pass, `timeout`. It throws `StopRun` if the database cannot be used at all, and
///   `CancellationError`. A call that throws has changed nothing.
/// - **Own tables.** Tables that flowrun keeps for itself cannot be changed here, whatever a flow says.
package protocol SQLDatabase: Service {
  /// Where it is, for messages.
  var location: String { get }
  /// Runs one query, a SELECT, VALUES or WITH, in a transaction that can change nothing, and reads all of its rows. Columns have different names,
  /// else it is a `bad_request`. Binary values are texts, `\x` and hexadecimal digits.
  func query(_ sql: String, limits: QueryLimits) async throws -> DataTable
  /// Makes a change in one transaction, one record after the other. Returns how many rows it has written or deleted.
  func change(_ change: RowChange) async throws -> Int
}

extension ServiceRole {
  package static let sqlDatabase = ServiceRole("SQL database") { $0 is any SQLDatabase }
}

/// How much a query may take.
package struct QueryLimits: Sendable, Equatable {
  /// Memory for its rows; more is `bad_data`.
  package var bytes: Int
  /// Time for all of it, then it is ended: `timeout`; nil: no limit.
  package var time: Duration?

  package init(bytes: Int = 256 << 20, time: Duration? = nil) {
    self.bytes = bytes
    self.time = time
  }

  /// Counts the memory of rows as they are read.
  package struct Meter: Sendable {
    private let limit: Int
    private var sum = 0

    package init(_ limits: QueryLimits) { limit = limits.bytes }

    /// Throws `ProcessorError` (`bad_data`) beyond the limit.
    package mutating func add(_ row: [DataValue]) throws(ProcessorError) {
      sum += row.reduce(32) { $0 + $1.sizeBytes }
      guard sum <= limit else {
        throw ProcessorError(.badData, "the query's rows take more than \(limit) bytes of memory; expected fewer: ask for a part of them, with LIMIT or WHERE")
      }
    }
  }
}

extension String {
  /// A query without the semicolon that may end it: what follows it would be a second statement.
  package var withoutFinalSemicolon: String {
    var text = self[...]
    while let last = text.unicodeScalars.last, last.properties.isWhitespace || last == ";" { text = text.dropLast() }
    return String(text)
  }
}

extension DataTable {
  /// An empty table for a query's columns. Throws `ProcessorError` (`bad_request`) if two have one name.
  package static func forQuery(columns: [String]) throws(ProcessorError) -> DataTable {
    var seen: Set<String> = []
    for name in columns where !seen.insert(name).inserted {
      throw ProcessorError(.badRequest, "the query has two columns '\(name)'; expected a name for each: SELECT … AS other_name")
    }
    return DataTable(columns: columns)
  }
}

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
  package struct Column: Sendable, Equatable {
    /// In the records.
    package var place: Int
    package var name: String
  }

  /// As the database names it.
  package let table: String
  /// Every column that the records fill, in their order.
  package let columns: [Column]
  /// Those by which rows are found; empty for an insertion.
  package let keys: [Column]
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
    keys = try Self.keys(change, columns, table, refused)
  }

  private typealias Refusal = (_ cause: Cause, _ found: String, _ expected: String) -> ProcessorError

  /// nil: the field is left out.
  private static func column(_ field: String, _ change: RowChange, _ table: ChangeableTable, _ refused: Refusal) throws(ProcessorError) -> String? {
    if table.columns.contains(field) { return field }
    let alike = change.translatesNames ? table.columns.filter { plain($0) == plain(field) } : []
    guard alike.count < 2 else { throw refused(.badData, "field '\(field)' fits columns \(alike.joined(separator: ", "))", "a field with the name of one of them") }
    if let column = alike.first { return column }
    guard change.refusesUnknownFields else { return nil }
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
