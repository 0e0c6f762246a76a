import FlowCore
import StudyModel

/// The complete input of `CoveragePlanner` for one participant and data type. Instants are seconds since 1970.
package struct CoverageRequest: Sendable {
  /// The rows in the table.
  package enum Presence: Sendable, Equatable {
    /// A table with instants: the minutes that have a row, as ordered ranges of whole minutes without overlap.
    case minutes([Range<Int64>])
    /// A table of intervals (sleep stages): the minutes they cover, as ordered ranges of whole minutes without overlap.
    /// The rest of an answered slice with intervals is not missing: a night does not fill the day.
    case intervals([Range<Int64>])
    /// A table with dates: the days that have a row.
    case dates(Set<CivilDate>)
    /// A table without time, or none: the row count in the ledger decides for a slice as a whole.
    case ledger
  }

  /// A local day with a known total.
  package struct DayTotal: Sendable, Equatable {
    package var start: Int64
    package var end: Int64
    /// nil if the provider reported none.
    package var total: Double?
    package init(start: Int64, end: Int64, total: Double?) {
      self.start = start
      self.end = end
      self.total = total
    }
  }

  /// Start of the history.
  package var enrolled: Int64
  /// nil if no sync is known.
  package var latestSync: Int64?
  /// Whether the latest sync was requested, or the reason why it could not be is known. Time missing from the ledger is
  /// then not synced rather than never requested.
  package var isSyncKnown: Bool
  /// False if the participant is paused or withdrawn: missing data is then no longer wanted.
  package var isCollected = true
  /// The time to report, seconds since 1970; a day belongs to it by its noon. nil for all.
  package var view: Range<Int64>?
  /// End of the time that is counted as not synced.
  package var until: Int64
  package var step: SliceStep
  package var zone: CivilZone
  /// The ledger rows of this participant and data type, ordered by start.
  package var ledger: [LedgerSlice]
  package var presence: Presence
  /// Ordered by time, without overlap.
  package var dayTotals: [DayTotal]
  /// Time whose minutes the tracker had already discarded when it synced, unless a row shows otherwise; ordered,
  /// without overlap.
  package var expiredOnDevice: [Range<Int64>]
  /// The cause of an error entry that concerns the participant as a whole; time never requested then counts as failed.
  package var obstacle: Cause?

  package init(
    enrolled: Int64, latestSync: Int64?, isSyncKnown: Bool, until: Int64, step: SliceStep, zone: CivilZone, ledger: [LedgerSlice],
    presence: Presence, dayTotals: [DayTotal] = [], expiredOnDevice: [Range<Int64>] = [], obstacle: Cause? = nil
  ) {
    self.enrolled = enrolled
    self.latestSync = latestSync
    self.isSyncKnown = isSyncKnown
    self.until = until
    self.step = step
    self.zone = zone
    self.ledger = ledger
    self.presence = presence
    self.dayTotals = dayTotals
    self.expiredOnDevice = expiredOnDevice
    self.obstacle = obstacle
  }

  /// Days for civil-day slices of tables without minutes, otherwise minutes.
  package var unit: CoverageUnit {
    switch presence {
    case .minutes, .intervals: .minute
    case .dates, .ledger: step == .civilDay ? .day : .minute
    }
  }
}
