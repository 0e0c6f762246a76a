import Foundation

extension ZoneDatabase {
  /// This machine's zone files: in the folder named by `TZDIR`, or else in `/usr/share/zoneinfo`.
  package static let system = ZoneDatabase(
    folder: ProcessInfo.processInfo.environment["TZDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/usr/share/zoneinfo",
    read: { path in FileManager.default.contents(atPath: path).map { [UInt8]($0) } },
    toolchain: { name in TimeZone(identifier: name).map { ZoneTable(toolchain: $0) } })

  /// Names of zones, to guess the one that a person meant. The system may have more.
  package static var commonNames: [String] { TimeZone.knownTimeZoneIdentifiers }
}

extension ZoneTable {
  /// Foundation's rules from 1970 to 2100, the years that can occur in data; outside of them, the nearest offset
  /// applies.
  init(toolchain zone: TimeZone) {
    var instant = CivilDate(year: 1970, month: 1, day: 1).startOfDayUTC.seconds
    let end = CivilDate(year: 2100, month: 1, day: 1).startOfDayUTC.seconds
    func change(_ start: Int64, at instant: Int64) -> Change {
      let date = Date(timeIntervalSince1970: Double(instant))
      return Change(start: start, offset: Int64(zone.secondsFromGMT(for: date)), isDaylight: zone.isDaylightSavingTime(for: date))
    }
    var changes = [change(.min, at: instant)]
    while let next = zone.nextDaylightSavingTimeTransition(after: Date(timeIntervalSince1970: Double(instant))) {
      let start = Int64(next.timeIntervalSince1970)
      guard start > instant, start < end else { break }
      changes.append(change(start, at: start))
      instant = start
    }
    self.init(changes)
  }
}
