import FlowCore

/// Copies the rows of slices into a warehouse, in which every row names its participant.
///
/// - **Shape.** A table has the column `participant` (text), then the table's own; a row is identified by the participant and the table's key.
/// - **Lifecycle.** `prepare()`, then `prepare(tables:)`, then `load` as often as needed, then `close()`.
/// - **Threads.** Any method may be called from any task; none blocks a worker thread. Several processes may load into one warehouse.
/// - **Failures.** `load` throws `ProcessorError` (`database`, `disk`, `bad_data`, `internal`), or `StopRun` if the warehouse cannot be used;
///   `prepare(tables:)` throws `Diagnostics` for tables of another shape. A call that throws has loaded nothing.
package protocol WarehouseLoading: Service {
  /// As the flow gives it; empty if there is none. Holds no password.
  var location: String { get }
  /// Whether there is a warehouse: an empty address means that the flow's own database is the warehouse.
  var isOn: Bool { get }
  /// Creates missing tables and adds new columns. Throws `Diagnostics` if a column or a key differs, before anything is changed.
  func prepare(tables: [TableSchema]) async throws
  /// Shortens all further waits for the warehouse to a moment.
  func cutWaitsShort()
  /// Loads slices in one transaction; a slice that is loaded twice is there once. Returns the number of rows.
  func load(_ slices: [WarehouseSlice]) async throws -> Int
}

extension WarehouseLoading {
  package func cutWaitsShort() {}
}

/// The rows of one slice, and which rows of the warehouse they take the place of.
package struct WarehouseSlice: Sendable {
  /// The participant's rows that are deleted before.
  package enum Extent: Sendable, Equatable {
    /// Seconds since 1970, by the table's time column.
    case instants(Range<Int64>)
    /// By the table's time column.
    case dates(Range<CivilDate>)
    /// Rows with these values, by column.
    case values([String: String])
    /// Only rows with the keys that are loaded.
    case keys
  }

  package var table: TableSchema
  package var participant: String
  package var batch: RecordBatch
  package var extent: Extent
  /// Columns that identify an interval of several rows: all rows of an interval in the batch are deleted before. Empty for none.
  package var intervals: [String]
  /// The answer is not finished: only rows that it names are replaced.
  package var isUnfinished: Bool
  /// Where the rows are as a Parquet object; nil if they were not put anywhere.
  package var object: String?

  package init(
    table: TableSchema, participant: String, batch: RecordBatch, extent: Extent, intervals: [String] = [], isUnfinished: Bool = false, object: String? = nil
  ) {
    self.table = table
    self.participant = participant
    self.batch = batch
    self.extent = extent
    self.intervals = intervals
    self.isUnfinished = isUnfinished
    self.object = object
  }

  /// Whether the rows are all that there is of the slice: what they lack is not there. An answer without some columns, because the consent
  /// does not cover them, changes those that it has.
  package var isWhole: Bool { !isUnfinished && (batch.count == 0 || table.columns.allSatisfy { batch[$0.name] != nil }) }
  /// Columns by whose values rows are deleted that may belong to another slice.
  package var matched: [String] { intervals.isEmpty ? table.key : intervals }
}

/// No warehouse: the flow's own database is what is analysed.
package struct NoWarehouse: WarehouseLoading {
  package init() {}
  package var location: String { "" }
  package var isOn: Bool { false }
  package func prepare() async throws {}
  package func close() async throws {}
  package func prepare(tables: [TableSchema]) async throws {}
  package func load(_ slices: [WarehouseSlice]) async throws -> Int { 0 }
}
