import FlowCore
import StudyModel

/// What is known of one participant and data type: the whole input of `CoveragePlanner`. Instants are seconds since 1970.
package struct CoverageRequest: Sendable {
  /// Which rows there are.
  package enum Presence: Sendable, Equatable {
    /// A table of instants: the minutes that have a row, as ranges in order, whole minutes, without overlap.
    case minutes([Range<Int64>])
    /// A table of intervals (stages of a night): the minutes that they cover, in order, whole minutes, without overlap. What an answered
    /// slice with intervals leaves uncovered was not to be measured: nobody sleeps all day.
    case intervals([Range<Int64>])
    /// A table of dates: the days that have a row.
    case dates(Set<CivilDate>)
    /// A table that says nothing of time, or none: the ledger's count of rows decides for a slice as a whole.
    case ledger
  }

  /// A local day of which a total is known.
  package struct DayTotal: Sendable, Equatable {
    package var start: Int64
    package var end: Int64
    /// nil: the provider did not say.
    package var total: Double?
    package init(start: Int64, end: Int64, total: Double?) {
      self.start = start
      self.end = end
      self.total = total
    }
  }

  /// Start of the history.
  package var enrolled: Int64
  /// nil: no sync was ever found.
  package var latestSync: Int64?
  /// The provider was asked about a sync, or what keeps it from being asked is known: what the ledger does not know then is not synced,
  /// rather than never asked.
  package var isSyncKnown: Bool
  /// Paused or withdrawn: nothing more is wanted of the participant, so that what is missing is not counted as wanted for ever.
  package var isCollected = true
  /// What is looked at, seconds since 1970: days by their noon. nil: everything.
  package var view: Range<Int64>?
  /// Up to where what is not synced is counted.
  package var until: Int64
  package var step: SliceStep
  package var zone: CivilZone
  /// The ledger's rows of this participant and data type, in order of start.
  package var ledger: [LedgerSlice]
  package var presence: Presence
  /// In order of time, without overlap.
  package var dayTotals: [DayTotal]
  /// Times of which the minutes were gone from the tracker when it synced, if no row says otherwise; in order, without overlap.
  package var expiredOnDevice: [Range<Int64>]
  /// An entry of the error folder that stands for the participant as a whole: what was never asked has failed for this.
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

  /// Minutes unless whole days are asked of a table of days.
  package var unit: CoverageUnit {
    switch presence {
    case .minutes, .intervals: .minute
    case .dates, .ledger: step == .civilDay ? .day : .minute
    }
  }
}
