import FlowCore
import StudyModel

/// How much a run is likely to add to its database. Nobody can know before asking who has synced: this is a stated guess.
package enum SpaceEstimate {
  /// Measured: rows of intraday tables take 18 bytes, the key among them, with all that the store adds.
  static let bytesPerRow: Int64 = 20
  /// Of a day's summaries.
  static let bytesPerDay: Int64 = 1000
  static let minutesPerDay: Int64 = 1440
  /// Samples of heart rate of a worn day in the detail of seconds: one in five seconds (6,000 to 17,000 seen with the Fitbit Web API).
  static let samplesPerDay: Int64 = 17_280
  /// The write-ahead log holds a second copy of what is written, up to this size.
  static let longestLog: Int64 = 64 << 20
  /// More days of one participant are not counted: a first run may have a year to ask for, of which nobody knows how much is there.
  package static let longestDays: Int64 = 7

  /// - Parameters:
  ///   - days: of all participants together.
  ///   - detail: the flow's parameter of that name, `1sec` or `1min`.
  package static func databaseBytes(_ types: [CoveredDataType], days: Int64, detail: String?) -> Int64 {
    let perDay = types.reduce(Int64(0)) { sum, type in
      guard type.table?.timeColumn?.kind == .instant else { return sum + bytesPerDay }
      let isBySecond = type.name == "intraday-heart-rate" && detail == "1sec"
      return sum + (isBySecond ? samplesPerDay : minutesPerDay) * bytesPerRow
    }
    let rows = perDay * days
    return rows + min(rows, longestLog)
  }

  /// Days that are wanted of one participant: since `previous_sync`, at least one and at most a week; in a backfill, at most its window's.
  package static func days(since previousSync: Instant, now: Instant, backfill: BackfillWindow?) -> Int64 {
    let seconds = (now - previousSync).wholeMilliseconds / 1000
    let wanted = min(max(1, (seconds + 86_399) / 86_400), longestDays)
    guard let from = backfill?.from, let until = backfill?.until else { return wanted }
    return min(wanted, max(1, until.daysSince1970 - from.daysSince1970))
  }
}
