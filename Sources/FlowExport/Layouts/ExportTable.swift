import FlowCore
import FlowParquet
import StudyModel

/// A table of an export: its columns, and how its rows are made of the store's.
package struct ExportTable: Sendable {
  /// A table of the store from which rows are made.
  package struct Source: Sendable {
    /// The key decides by which time the table is divided, and in which order its rows are read.
    package var table: TableSchema
    /// Days before and after those of a partition that are read too, because rows of the partition need them. Only the leading rows are the
    /// partition's own.
    package var reachDays: Int64
    /// Whether the time of its rows decides which partitions there are. The leading tables have the same kind of time, or none.
    package var isLeading: Bool

    package static func leading(_ table: TableSchema) -> Source { Source(table: table, reachDays: 0, isLeading: true) }
    package static func beside(_ table: TableSchema, reachDays: Int64) -> Source { Source(table: table, reachDays: reachDays, isLeading: false) }
  }

  package var name: String
  package var columns: [ParquetColumn]
  package var sources: [Source]
  /// By column: what it is made from, or why it stays empty. Columns that always have a value are not in it.
  package var origins: [String: ColumnOrigin]
  /// Makes the rows of some days of one participant, in the order in which they are written.
  package var make: @Sendable (ExportRows) -> RecordBatch

  /// Whether the partitions are months; otherwise the table is one file.
  package var isDivided: Bool { leading.contains { $0.table.timeColumn != nil } }
  package var leading: [Source] { sources.filter(\.isLeading) }

  /// Whether rows can be made day by day, because all leading rows are in the order of their instants.
  var isMadeByDay: Bool {
    !leading.isEmpty && leading.allSatisfy { source in source.table.timeColumn.map { $0.kind == .instant && source.table.key.first == $0.name } ?? false }
  }
}

/// Where the values of a column come from.
package enum ColumnOrigin: Sendable, Equatable {
  /// One of these columns of the store.
  case columns([TableColumn])
  /// Nothing that flowrun collects; the reason.
  case nothing(String)
}

/// The stored rows of one participant from which rows of an export are made.
package struct ExportRows: Sendable {
  package let participant: String
  /// The days to which the made rows belong: UTC days of instants, or dates.
  package let days: Range<CivilDate>
  private let batches: [String: RecordBatch]

  package init(participant: String, days: Range<CivilDate>, batches: [String: RecordBatch]) {
    self.participant = participant
    self.days = days
    self.batches = batches
  }

  /// The rows of a table; none if the store does not have it.
  func rows(of table: TableSchema) -> StoredRows { StoredRows(batches[table.name] ?? RecordBatch(columns: [], count: 0)) }
}

/// Rows of a table, read by the number of the row and the name of the column. A column that the store lacks is NULL in every row.
struct StoredRows {
  /// A column's values.
  struct Column {
    private let column: RecordBatch.Column?

    init(_ column: RecordBatch.Column?) { self.column = column }

    func integer(_ row: Int) -> Int64? {
      guard let column, column.isNull?[row] != true, case .integer(let values) = column.values else { return nil }
      return values[row]
    }

    func real(_ row: Int) -> Double? {
      guard let column, column.isNull?[row] != true, case .real(let values) = column.values else { return nil }
      return values[row]
    }

    func text(_ row: Int) -> String? {
      guard let column, column.isNull?[row] != true, case .text(let values) = column.values else { return nil }
      return values[row]
    }

    func date(_ row: Int) -> CivilDate? { text(row).flatMap { CivilDate(text: $0) } }
  }

  let batch: RecordBatch

  init(_ batch: RecordBatch) { self.batch = batch }

  var indices: Range<Int> { 0..<batch.count }
  subscript(name: String) -> Column { Column(batch[name]) }
}
