import FlowCore
import Foundation
import StudyModel
import StudyProcessors
import Testing

/// Slices in every zone of the system's database, 2024 to 2028, compared with Foundation's calendar.
@Suite("Slices in every zone")
struct EveryZoneTests {
  private static let isSoak = ProcessInfo.processInfo.environment["FLOWRUN_SOAK"] != nil
  private static let day: Int64 = 86_400
  private static let start = CivilDate(year: 2024, month: 1, day: 1).startOfDayUTC.seconds
  private static let end = CivilDate(year: 2029, month: 1, day: 1).startOfDayUTC.seconds

  /// Interesting instants: every change of the offset, leap days, and turns of the year. A soak test uses every third day.
  private static func moments(_ zone: TimeZone) -> [Int64] {
    var moments = [CivilDate(year: 2024, month: 2, day: 29), CivilDate(year: 2028, month: 2, day: 29), CivilDate(year: 2025, month: 12, day: 31)]
      .map { $0.startOfDayUTC.seconds + day / 2 }
    var from = Date(timeIntervalSince1970: TimeInterval(start))
    while let next = zone.nextDaylightSavingTimeTransition(after: from), Int64(next.timeIntervalSince1970) < end {
      moments.append(Int64(next.timeIntervalSince1970))
      from = next
    }
    return isSoak ? moments + Array(stride(from: start, to: end, by: 3 * Int(day)).map { Int64($0) }) : moments
  }

  private static func request(_ start: Int64, _ end: Int64, _ step: SliceStep, _ clock: CivilZone, _ ledger: [LedgerSlice] = []) -> SliceRequest {
    SliceRequest(enrolled: start, latestSync: end, step: step, zone: clock, rereadSeconds: 48 * 3600, ledger: ledger)
  }

  /// The first defect of the slices; nil if they are contiguous, in whole minutes.
  private static func seam(_ slices: [PlannedSlice]) -> String? {
    if let odd = slices.first(where: { $0.start >= $0.end || $0.start % 60 != 0 && $0.zone == "UTC" }) { return "\(odd)" }
    return zip(slices, slices.dropFirst()).first { $0.end != $1.start }.map { "\($0) then \($1)" }
  }

  @Test("local days and clock slices are contiguous, on their own date, with the zone's length and local names")
  func aroundEveryChange() throws {
    let dice = SeededRandomSource(seed: 2024)
    for name in TimeZone.knownTimeZoneIdentifiers {
      let zone = try #require(TimeZone(identifier: name))
      let clock = try #require(CivilZone(name))
      var calendar = Calendar(identifier: .gregorian)
      calendar.timeZone = zone
      for moment in Self.moments(zone) {
        let from = moment - Self.day - Int64(dice.next() % 50_000)
        let until = moment + Self.day + Int64(dice.next() % 50_000)
        let days = SlicePlanner.plan(Self.request(from, until, .civilDay, clock))
        let seam = Self.seam(days) ?? Self.mismatch(days, calendar, zone)
        if let seam { Issue.record("\(name) around \(Instant(seconds: moment).text): \(seam)") }
        #expect(days.first.map { $0.start <= from } == true && days.last.map { $0.end >= until / 60 * 60 } == true, "\(name)")

        let clockSlices = SlicePlanner.plan(Self.request(from, until, .clock(seconds: 6 * 3600), clock))
        let oddity = Self.seam(clockSlices) ?? clockSlices.first { slice in
          calendar.component(.day, from: date(slice.start)) != calendar.component(.day, from: date(slice.end - 1)) || slice.end - slice.start > 6 * 3600
        }.map { "\($0) reaches over midnight" }
        if let oddity { Issue.record("\(name) around \(Instant(seconds: moment).text): \(oddity)") }
        #expect(clockSlices.first?.start == from.flooredDivision(by: 60) * 60 && clockSlices.last?.end == until.flooredDivision(by: 60) * 60)
      }
    }
  }

  private static func date(_ instant: Int64) -> Date { Date(timeIntervalSince1970: TimeInterval(instant)) }
  private func date(_ instant: Int64) -> Date { Self.date(instant) }

  /// Not 0 if midnight was skipped.
  private static func secondOfDay(_ instant: Int64, _ calendar: Calendar) -> Int64 {
    let time = calendar.dateComponents([.hour, .minute, .second], from: date(instant))
    return Int64((time.hour ?? 0) * 3600 + (time.minute ?? 0) * 60 + (time.second ?? 0))
  }

  /// The difference of a day from Foundation's calendar; nil if they agree.
  private static func mismatch(_ days: [PlannedSlice], _ calendar: Calendar, _ zone: TimeZone) -> String? {
    for slice in days {
      let first = calendar.dateComponents([.year, .month, .day], from: date(slice.start))
      let last = calendar.dateComponents([.year, .month, .day], from: date(slice.end - 1))
      let before = calendar.dateComponents([.year, .month, .day], from: date(slice.start - 1))
      let after = calendar.dateComponents([.year, .month, .day], from: date(slice.end))
      if first != last || before == first || after == first { return "\(slice) is not one whole local day" }
      let change = zone.secondsFromGMT(for: date(slice.end)) - zone.secondsFromGMT(for: date(slice.start))
      let named = CivilDate(year: first.year ?? 0, month: first.month ?? 0, day: first.day ?? 0)
      let next = CivilDate(year: after.year ?? 0, month: after.month ?? 0, day: after.day ?? 0)
      let wall = (next.daysSince1970 - named.daysSince1970) * day + secondOfDay(slice.end, calendar) - secondOfDay(slice.start, calendar)
      if slice.end - slice.start != wall - Int64(change) { return "\(slice) has \(slice.end - slice.start) seconds, the offset changes by \(change)" }
      guard let clock = CivilZone(slice.zone), clock.date(at: slice.start) == named else { return "\(slice) is not named \(named.text)" }
      let time = calendar.dateComponents([.hour, .minute], from: date(slice.end - 60))
      let text = "\(padded(time.hour ?? 0, 2)):\(padded(time.minute ?? 0, 2))"
      if clock.timeOfDay(at: slice.end - 60) != text { return "\(slice) ends at \(clock.timeOfDay(at: slice.end - 60)), by the calendar at \(text)" }
      for instant in [slice.start, slice.end - 60] where clock.utcOffset(at: instant) != Int64(zone.secondsFromGMT(for: date(instant))) {
        return "\(slice): offset at \(instant)"
      }
    }
    return nil
  }

  @Test(
    "days have their known length",
    arguments: [
      ("America/Chicago", "2026-03-08", 23 * 60), ("America/Chicago", "2026-11-01", 25 * 60), ("Europe/Berlin", "2026-03-29", 23 * 60),
      ("Australia/Lord_Howe", "2026-04-05", 24 * 60 + 30), ("Australia/Lord_Howe", "2026-10-04", 24 * 60 - 30),
      ("Africa/Casablanca", "2026-02-15", 25 * 60), ("Africa/Casablanca", "2026-03-22", 23 * 60), ("Antarctica/Troll", "2026-03-29", 22 * 60),
      ("Antarctica/Troll", "2026-10-25", 26 * 60), ("Asia/Beirut", "2026-03-29", 23 * 60), ("Asia/Kolkata", "2026-03-29", 24 * 60),
      ("America/Havana", "2026-03-08", 23 * 60), ("Pacific/Apia", "2011-12-29", 24 * 60), ("Asia/Kathmandu", "2028-02-29", 24 * 60),
      ("America/Nuuk", "2024-03-30", 23 * 60),
    ] as [(String, String, Int64)])
  func knownLengths(zone: String, date: String, minutes: Int64) throws {
    let clock = try #require(CivilZone(zone))
    let date = try #require(CivilDate(text: date))
    let start = clock.startOfDay(date)
    #expect(clock.date(at: start) == date)
    #expect((clock.endOfDay(at: start) - start) / 60 == minutes, "\(zone) \(date.text)")
  }

  @Test("a day skipped by a zone has no slice, and its neighbours are adjacent")
  func skippedDay() throws {
    // Samoa skipped 30 December 2011.
    let apia = try #require(CivilZone("Pacific/Apia"))
    let from = try #require(Instant(rfc3339: "2011-12-28T12:00:00Z")).seconds
    let slices = SlicePlanner.plan(Self.request(from, from + 4 * Self.day, .civilDay, apia))
    #expect(slices.map { apia.date(at: $0.start).text } == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01", "2012-01-02"])
    #expect(Self.seam(slices) == nil)
  }

  @Test("for any change of zone between runs there is no gap or overlap, and known slices keep their bounds", arguments: 0..<4)
  func moving(part: Int) throws {
    let names = TimeZone.knownTimeZoneIdentifiers.sorted()
    let dice = SeededRandomSource(seed: UInt64(77 + part))
    for _ in 0..<(Self.isSoak ? 5000 : 150) {
      let home = names[Int(dice.next() % UInt64(names.count))]
      let away = names[Int(dice.next() % UInt64(names.count))]
      let enrolled = Self.start + Int64(dice.next() % UInt64(Self.end - Self.start))
      let first = enrolled + Int64(dice.next() % 400_000)
      let second = first + Int64(dice.next() % 400_000)
      let known = SlicePlanner.plan(Self.request(enrolled, first, .civilDay, try #require(CivilZone(home)))).map { slice in
        var row = LedgerSlice(
          key: SliceKey(participant: "P", dataType: "d", start: slice.start, end: slice.end), state: slice.isProvisional ? .provisional : .written,
          run: "r")
        row.latestSync = first
        row.zone = slice.zone
        return row
      }
      let asked = SlicePlanner.plan(Self.request(enrolled, second, .civilDay, try #require(CivilZone(away)), known))
      let words = "\(home) to \(away), enrolled \(Instant(seconds: enrolled).text), synced \(Instant(seconds: first).text), \(Instant(seconds: second).text)"
      for slice in asked where slice.start < known.last?.key.end ?? enrolled {
        #expect(known.contains { $0.key.start == slice.start && $0.key.end == slice.end && $0.zone == slice.zone }, "\(words): \(slice)")
      }
      let kept = known.filter { row in !asked.contains { $0.start == row.key.start } }
      let all = (kept.map { ($0.key.start, $0.key.end) } + asked.map { ($0.start, $0.end) }).sorted { $0.0 < $1.0 }
      #expect(zip(all, all.dropFirst()).allSatisfy { $0.1 == $1.0 }, "\(words): \(all)")
      if second / 60 > enrolled / 60 {
        #expect(all.first.map { $0.0 <= enrolled } == true && all.last.map { $0.1 >= second / 60 * 60 } == true, "\(words)")
      }
    }
  }
}
