import FlowCore

/// What to read of a column's values over time, put together on the side of the store.
package struct SeriesQuery: Sendable, Equatable {
  /// What one point stands for.
  package enum Bucket: Sendable, Equatable {
    /// A stretch of so many seconds; the stretches begin at whole multiples since 1970 (UTC). For tables with instants.
    case seconds(Int64)
    /// A date. For tables with dates.
    case date
  }

  /// A table with a time (`timeColumn`).
  package var table: TableSchema
  /// A column with numbers.
  package var column: String
  /// Half-open.
  package var window: RowWindow
  package var bucket: Bucket

  /// The window and the bucket fit the table's time; anything else is a programmer's error.
  package init(_ table: TableSchema, column: String, window: RowWindow, bucket: Bucket) {
    precondition(window.fits(table), "the rows of '\(table.name)' are not ordered by a time of that kind")
    switch (bucket, table.timeColumn?.kind) {
    case (.seconds(let seconds), .instant?): precondition(seconds > 0, "a bucket lasts a second or more, not \(seconds)")
    case (.date, .date?): break
    default: preconditionFailure("the rows of '\(table.name)' have no time that such a bucket holds")
    }
    self.table = table
    self.column = column
    self.window = window
    self.bucket = bucket
  }
}

/// The known values of a bucket. A bucket without any is left out of a series.
package struct SeriesPoint: Sendable, Equatable {
  /// Where the bucket begins: seconds since 1970, of a date its UTC midnight.
  package var start: Int64
  package var mean: Double
  package var min: Double
  package var max: Double
  /// The number of values that are not NULL.
  package var count: Int64

  package init(start: Int64, mean: Double, min: Double, max: Double, count: Int64) {
    self.start = start
    self.mean = mean
    self.min = min
    self.max = max
    self.count = count
  }
}
