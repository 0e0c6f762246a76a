import FlowCore

/// Which rows of a table, by the time in its key (`TableSchema.timeColumn`).
package enum RowWindow: Sendable, Equatable {
  /// Also the rows of a table without time, which has no other window.
  case everything
  /// Seconds since 1970; of a table with instants.
  case instants(Range<Int64>)
  /// Of a table with dates.
  case dates(Range<CivilDate>)

  /// Whether a table's rows can be chosen so; anything else is a programmer's error.
  package func fits(_ table: TableSchema) -> Bool {
    switch self {
    case .everything: true
    case .instants: table.timeColumn?.kind == .instant
    case .dates: table.timeColumn?.kind == .date
    }
  }
}

/// A table and which of its rows.
package struct TableRows: Sendable, Equatable {
  package var table: TableSchema
  package var window: RowWindow

  package init(_ table: TableSchema, _ window: RowWindow = .everything) {
    precondition(window.fits(table), "the rows of '\(table.name)' are not ordered by a time of that kind")
    self.table = table
    self.window = window
  }
}

/// The times of a participant's rows in a table.
package enum RowExtent: Sendable, Equatable {
  /// The table has no time.
  case timeless
  /// Seconds since 1970 of the first and the last row.
  case instants(ClosedRange<Int64>)
  case dates(ClosedRange<CivilDate>)

  /// The months from the first to the last row, UTC for instants; nil without time.
  package var months: ClosedRange<CivilMonth>? {
    switch self {
    case .timeless: nil
    case .instants(let instants): CivilMonth(ofInstant: instants.lowerBound)...CivilMonth(ofInstant: instants.upperBound)
    case .dates(let dates): CivilMonth(of: dates.lowerBound)...CivilMonth(of: dates.upperBound)
    }
  }
}

/// When the latest of a participant's answers was fetched whose slices lie in the same months.
package struct FetchedMonths: Sendable, Equatable {
  package var participant: String
  /// The UTC months in which the slices begin and end.
  package var months: ClosedRange<CivilMonth>
  package var latest: Instant

  package init(participant: String, months: ClosedRange<CivilMonth>, latest: Instant) {
    self.participant = participant
    self.months = months
    self.latest = latest
  }
}

extension FetchedMonths {
  /// - Parameters:
  ///   - first: the month in which the slices begin, `yyyy-MM`.
  ///   - last: that in which they end.
  /// - Returns: nil for texts that are no months, or in the wrong order.
  package init?(participant: String, first: String, last: String, latest: Instant) {
    guard let first = CivilMonth(text: first), let last = CivilMonth(text: last), first <= last else { return nil }
    self.init(participant: participant, months: first...last, latest: latest)
  }
}
