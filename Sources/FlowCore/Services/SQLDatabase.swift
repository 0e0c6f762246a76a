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
  /// Makes a change in one transaction, one record after the other.
  ///
  /// A field that a record does not have (`DataValue.absent`) leaves its column alone, which is the column's default in a new row; a key must be there, and
  /// for an update and an upsert not NULL. A value arrives as it is, or the change fails (`bad_data`): numbers and truth values in a column of texts as
  /// their texts, numbers that a column cannot hold not at all.
  func change(_ change: RowChange) async throws -> RowChangeResult
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
