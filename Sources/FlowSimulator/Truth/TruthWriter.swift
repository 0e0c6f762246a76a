import Foundation
import NIOCore

extension Truth {
  /// Writes JSON Lines: `{"table":"fitbit_intraday_hr","participant":"P0001","instant":…,"utc_offset":…,"value":…}`,
  /// with the tables' column names and NULL as `null`. Buffers at most 250 KB.
  /// - Parameters:
  ///   - withNights: whether to include the tables of the nightly flows.
  ///   - withActivities: whether to include the tables that only the extract flows have.
  ///   - withQuarters: whether to include the tables of intervals of 15 minutes that only the warehouse flows have.
  /// - Throws: file system errors; the file is then incomplete.
  package func write(to path: String, withNights: Bool = false, withActivities: Bool = false, withQuarters: Bool = false) throws {
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
      throw SimulatorError.cannotWrite(path)
    }
    defer { file.closeFile() }
    try write(withNights: withNights, withActivities: withActivities, withQuarters: withQuarters) { try file.write(contentsOf: Data($0.readableBytesView)) }
  }

  /// Like `write(to:)`, in chunks of whole lines.
  package func write(
    withNights: Bool = false, withActivities: Bool = false, withQuarters: Bool = false, _ output: (ByteBuffer) throws -> Void
  ) throws {
    var lines = ByteBuffer()
    for participant in population.participants {
      try forEachRow(of: participant) { row in
        lines.writeLine(of: row, participant: participant.name)
        guard lines.readableBytes > 200_000 else { return }
        try output(lines)
        lines.clear()
      }
      func add(_ row: TableRow) { lines.writeLine(of: row, participant: participant.name) }
      if withNights { forEachNightlyRow(of: participant, add) }
      if withQuarters { forEachQuarterRow(of: participant, add) }
      guard withActivities else { continue }
      forEachActivityRow(of: participant, add)
      forEachBodyRow(of: participant, add)
    }
    if lines.readableBytes > 0 { try output(lines) }
  }
}

extension ByteBuffer {
  fileprivate mutating func writeLine(of row: TruthRow, participant: String) {
    writeStaticString(#"{"table":""#)
    writeString(row.table)
    writeStaticString(#"","participant":""#)
    writeString(participant)
    writeStaticString(#"""#)
    switch row {
    case .dailyActivity(let day): writeColumns(of: day)
    case .heartRateSummary(let zone): writeColumns(of: zone)
    case .heartRate(let sample), .steps(let sample):
      writeColumn("instant", sample.instant)
      writeColumn("utc_offset", sample.utcOffset)
      writeColumn("value", sample.value)
    }
    writeStaticString("}\n")
  }

  fileprivate mutating func writeLine(of row: TableRow, participant: String) {
    writeString(#"{"table":"\#(row.table)","participant":"\#(participant)""#)
    for column in row.columns { writeString(#","\#(column.name)":\#(column.value.json)"#) }
    writeStaticString("}\n")
  }

  private mutating func writeColumns(of day: DailyActivityRow) {
    writeColumn("date", #"""# + day.date + #"""#)
    writeColumn("activity_calories", day.activityCalories)
    writeColumn("calories_bmr", day.caloriesBMR)
    writeColumn("calories_out", day.caloriesOut)
    writeColumn("marginal_calories", day.marginalCalories)
    writeColumn("steps", day.steps)
    writeColumn("distance", day.distance)
    writeColumn("elevation", day.elevation)
    writeColumn("floors", day.floors)
    writeColumn("very_active_minutes", day.veryActiveMinutes)
    writeColumn("fairly_active_minutes", day.fairlyActiveMinutes)
    writeColumn("lightly_active_minutes", day.lightlyActiveMinutes)
    writeColumn("sedentary_minutes", day.sedentaryMinutes)
    writeColumn("resting_heart_rate", day.restingHeartRate)
  }

  private mutating func writeColumns(of zone: HeartRateSummaryRow) {
    writeColumn("date", #"""# + zone.date + #"""#)
    writeColumn("zone", #"""# + zone.zone + #"""#)
    writeColumn("min", zone.min)
    writeColumn("max", zone.max)
    writeColumn("minutes", zone.minutes)
    writeColumn("calories_out", zone.caloriesOut)
  }

  @inline(__always)
  private mutating func writeColumn(_ name: StaticString, _ value: (some CustomStringConvertible)?) {
    writeStaticString(#",""#)
    writeStaticString(name)
    writeStaticString(#"":"#)
    writeString(value?.description ?? "null")
  }
}
