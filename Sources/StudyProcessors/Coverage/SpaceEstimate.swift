import FlowCore
import StudyModel

/// Estimates how much a run adds to its database. The true amount is unknown before the trackers' syncs are known.
package enum SpaceEstimate {
  /// Measured: a row of an intraday table takes 18 bytes including its key and all overhead.
  static let bytesPerRow: Int64 = 20
  /// The size of one day of summaries.
  static let bytesPerDay: Int64 = 1000
  static let minutesPerDay: Int64 = 1440
  /// Heart-rate samples of a worn day at 1-second detail: one every five seconds (6,000 to 17,000 seen with the Fitbit
  /// Web API).
  static let samplesPerDay: Int64 = 17_280
  /// The write-ahead log holds a second copy of recent writes, up to this size.
  static let longestLog: Int64 = 64 << 20
  /// Maximum number of days counted for one participant: a first run may request a year, of which most may be empty.
  package static let longestDays: Int64 = 7

  /// - Parameters:
  ///   - days: the sum over all participants.
  ///   - detail: the flow parameter `detail`, `1sec` or `1min`.
  package static func databaseBytes(_ types: [CoveredDataType], days: Int64, detail: String?) -> Int64 {
    let perDay = types.reduce(Int64(0)) { sum, type in
      guard type.table?.timeColumn?.kind == .instant else { return sum + bytesPerDay }
      let isBySecond = type.name == "intraday-heart-rate" && detail == "1sec"
      return sum + (isBySecond ? samplesPerDay : minutesPerDay) * bytesPerRow
    }
    let rows = perDay * days
    return rows + min(rows, longestLog)
  }

  /// Days wanted for one participant: those since `previous_sync`, at least one and at most seven; for a backfill at
  /// most its window.
  package static func days(since previousSync: Instant, now: Instant, backfill: BackfillWindow?) -> Int64 {
    let seconds = (now - previousSync).wholeMilliseconds / 1000
    let wanted = min(max(1, (seconds + 86_399) / 86_400), longestDays)
    guard let from = backfill?.from, let until = backfill?.until else { return wanted }
    return min(wanted, max(1, until.daysSince1970 - from.daysSince1970))
  }
}
