import FlowCore

/// A file of an export: a table, or one month of it.
struct Partition: Hashable, Sendable {
  var table: String
  /// nil for a table without time.
  var month: CivilMonth?

  /// `TABLE/month=2026-01/part-0.parquet`. A partition is one file, so that it is replaced in one step.
  func key(_ format: ExportFormat) -> String {
    "\(table)/\(month.map { "month=\($0.text)/" } ?? "")part-0.\(format.fileExtension)"
  }

  /// The partition of a key of this form; nil for any other key.
  init?(key: String, _ format: ExportFormat) {
    let parts = key.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, let table = parts.first else { return nil }
    self.init(table: String(table), month: parts.count == 3 && parts[1].hasPrefix("month=") ? CivilMonth(text: parts[1].dropFirst(6)) : nil)
    guard self.key(format) == key else { return nil }
  }

  init(table: String, month: CivilMonth?) {
    self.table = table
    self.month = month
  }

  /// In the order in which they are written.
  static func isBefore(_ left: Partition, _ right: Partition) -> Bool {
    left.table == right.table
      ? (left.month?.text ?? "") < (right.month?.text ?? "") : left.table.utf8.lexicographicallyPrecedes(right.table.utf8)
  }
}
