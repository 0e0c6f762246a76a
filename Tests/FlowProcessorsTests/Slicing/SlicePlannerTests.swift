import FlowCore
import StudyModel
import StudyProcessors
import Testing

@Suite("Slices are cut from the time missing in the ledger")
struct SlicePlannerTests {
  static let hour: Int64 = 3600
  static let day: Int64 = 86_400
  /// 2026-01-05T00:00:00Z
  static let monday: Int64 = 1_767_571_200

  static func request(
    enrolled: Int64 = monday, latest: Int64, settled: Int64? = nil, step: SliceStep = .clock(seconds: day), zone: String = "UTC",
    ledger: [LedgerSlice] = [], isUnblocked: @escaping @Sendable (LedgerSlice) -> Bool = { _ in false }
  ) throws -> SliceRequest {
    SliceRequest(
      enrolled: enrolled, latestSync: latest, settledSync: settled, step: step, zone: try #require(CivilZone(zone)),
      rereadSeconds: 48 * hour, ledger: ledger, isUnblocked: isUnblocked)
  }

  static func row(_ start: Int64, _ end: Int64, _ state: SliceState, latest: Int64? = nil, cause: Cause? = nil) -> LedgerSlice {
    var row = LedgerSlice(key: SliceKey(participant: "P", dataType: "d", start: start, end: end), state: state, run: "r")
    row.latestSync = latest
    row.cause = cause
    return row
  }

  @Test("with an empty ledger everything is requested, cut at the zone's midnights and at whole minutes")
  func freshLedger() throws {
    let slices = SlicePlanner.plan(try Self.request(enrolled: Self.monday + 10 * Self.hour + 30, latest: Self.monday + 2 * Self.day + 61))
    #expect(slices.map(\.start) == [Self.monday + 10 * Self.hour, Self.monday + Self.day, Self.monday + 2 * Self.day])
    #expect(slices.map(\.end) == [Self.monday + Self.day, Self.monday + 2 * Self.day, Self.monday + 2 * Self.day + 60])
  }

  @Test("slices are created lazily: the year 9999 has no cost until it is reached", .timeLimit(.minutes(5)))
  func lazily() throws {
    let far = try #require(Instant(rfc3339: "9999-01-01T00:00:00Z")).seconds
    for step in [SliceStep.clock(seconds: 60), .civilDay] {
      var slices = SliceSequence(try Self.request(latest: far, step: step))
      #expect(slices.next()?.start == Self.monday)
      #expect(slices.next()?.start == Self.monday + (step == .civilDay ? Self.day : 60))
    }
    #expect(SlicePlanner.problem(enrolled: Self.monday, latestSync: far)?.contains("more than 50 years") == true)
    #expect(SlicePlanner.problem(enrolled: Self.monday, latestSync: Self.monday + 20 * 366 * Self.day) == nil)
  }

  @Test("continuation from any slice yields the following slices", arguments: ["UTC", "America/Chicago", "Australia/Lord_Howe"])
  func resumed(zone: String) throws {
    let ledger = [
      Self.row(Self.monday - 5 * Self.hour, Self.monday + 10 * Self.hour, .written), Self.row(Self.monday + 40 * Self.hour, Self.monday + 50 * Self.hour, .failed),
      Self.row(Self.monday + 80 * Self.hour, Self.monday + 99 * Self.hour, .deferred),
    ]
    for step in [SliceStep.clock(seconds: 6 * Self.hour), .clock(seconds: Self.day), .civilDay] {
      let request = try Self.request(
        enrolled: Self.monday + 1234, latest: Self.monday + 20 * Self.day + 4321, step: step, zone: zone, ledger: ledger)
      let all = SlicePlanner.plan(request)
      for (index, slice) in all.enumerated() { #expect(Array(SliceSequence(request, from: slice.start)) == Array(all[index...]), "\(slice)") }
    }
  }

  @Test("with several trackers, time after the oldest of their syncs stays provisional")
  func settled() throws {
    var request = try Self.request(latest: Self.monday + 10 * Self.day)
    request.settledSync = Self.monday + 4 * Self.day
    #expect(SlicePlanner.plan(request).map(\.isProvisional) == [false, false, false, false] + Array(repeating: true, count: 6))
  }

  @Test("a second run with the same latest sync requests nothing")
  func nothingNew() throws {
    let latest = Self.monday + Self.day + 5 * Self.hour
    let ledger = [
      Self.row(Self.monday, Self.monday + Self.day, .provisional, latest: latest),
      Self.row(Self.monday + Self.day, latest, .provisional, latest: latest),
    ]
    #expect(SlicePlanner.plan(try Self.request(latest: latest, ledger: ledger)).isEmpty)
  }

  @Test("time after the oldest sync of recently worn trackers is provisional, and final once that tracker has synced")
  func severalTrackers() throws {
    let latest = Self.monday + 6 * Self.day
    let behind = Self.monday + 2 * Self.day + 5 * Self.hour
    let first = SlicePlanner.plan(try Self.request(latest: latest, settled: behind))
    #expect(first.map(\.isProvisional) == [false, false, true, true, true, true], "without it the third and fourth would be final")
    let ledger = first.map { Self.row($0.start, $0.end, $0.isProvisional ? .provisional : .written, latest: latest) }
    #expect(SlicePlanner.plan(try Self.request(latest: latest, settled: behind, ledger: ledger)).isEmpty)
    let caughtUp = SlicePlanner.plan(try Self.request(latest: latest, settled: latest - Self.hour, ledger: ledger))
    #expect(caughtUp.map(\.start) == [2, 3].map { Self.monday + $0 * Self.day })
    #expect(caughtUp.allSatisfy { !$0.isProvisional })
  }

  @Test("slices requested with a future sync are requested again once the date is correct")
  func wrongClock() throws {
    let latest = Self.monday + 3 * Self.day
    let ledger = (0..<10).map { Self.row(Self.monday + $0 * Self.day, Self.monday + ($0 + 1) * Self.day, .written, latest: latest + 10 * Self.day) }
    let slices = SlicePlanner.plan(try Self.request(latest: latest, ledger: ledger))
    #expect(slices.map(\.start) == (0...2).map { Self.monday + $0 * Self.day })
  }

  @Test("after a new sync, provisional slices are requested again as whole canonical slices, written ones are not")
  func reread() throws {
    let before = Self.monday + 3 * Self.day + 5 * Self.hour
    let latest = before + 9 * Self.hour
    let ledger = [
      Self.row(Self.monday, Self.monday + Self.day, .written, latest: before),
      Self.row(Self.monday + Self.day, Self.monday + 2 * Self.day, .provisional, latest: before),
      Self.row(Self.monday + 2 * Self.day, Self.monday + 3 * Self.day, .provisional, latest: before),
      Self.row(Self.monday + 3 * Self.day, before, .provisional, latest: before),
    ]
    let slices = SlicePlanner.plan(try Self.request(latest: latest, ledger: ledger))
    #expect(slices.map(\.start) == (1...3).map { Self.monday + $0 * Self.day })
    #expect(slices.map(\.end) == [Self.monday + 2 * Self.day, Self.monday + 3 * Self.day, latest])
    #expect(slices.allSatisfy { $0.isProvisional }, "all end within 48 hours before the latest sync")
  }

  @Test("deferred slices are requested again, failed ones are held until their obstacle changes", arguments: [false, true])
  func failedIsHeld(isUnblocked: Bool) throws {
    let latest = Self.monday + 2 * Self.day
    let ledger = [
      Self.row(Self.monday, Self.monday + Self.day, .failed, cause: .badData),
      Self.row(Self.monday + Self.day, latest, .deferred),
    ]
    let slices = SlicePlanner.plan(try Self.request(latest: latest, ledger: ledger) { _ in isUnblocked })
    #expect(slices.map(\.start) == (isUnblocked ? [Self.monday, Self.monday + Self.day] : [Self.monday + Self.day]))
  }

  @Test("time after a failed slice is requested without it")
  func growsBeyondFailure() throws {
    let failedUntil = Self.monday + 13 * Self.hour
    let latest = Self.monday + 22 * Self.hour
    let slices = SlicePlanner.plan(
      try Self.request(latest: latest, ledger: [Self.row(Self.monday, failedUntil, .failed, cause: .badData)]))
    #expect(slices.map(\.start) == [failedUntil])
    #expect(slices.map(\.end) == [latest])
  }

  @Test("civil days have 23, 24 or 25 hours and are requested whole")
  func civilDays() throws {
    // 2026-03-07T15:00Z to 2026-03-09T15:00Z in Chicago: the 8th is the spring gap.
    let start = try #require(Instant(rfc3339: "2026-03-07T15:00:00Z")).seconds
    let latest = try #require(Instant(rfc3339: "2026-03-09T15:00:00Z")).seconds
    let slices = SlicePlanner.plan(try Self.request(enrolled: start, latest: latest, step: .civilDay, zone: "America/Chicago"))
    #expect(slices.map { ($0.end - $0.start) / Self.hour } == [24, 23, 24])
    #expect(slices.last.map { $0.end > latest } == true)
  }

  @Test("after a change of zone the first day starts at the end of the last one, and known days keep their date")
  func zoneChange() throws {
    let chicago = try #require(CivilZone("America/Chicago"))
    let day5 = chicago.startOfDay(CivilDate(year: 2026, month: 1, day: 5))
    let day6 = chicago.startOfDay(CivilDate(year: 2026, month: 1, day: 6))
    let day7 = chicago.startOfDay(CivilDate(year: 2026, month: 1, day: 7))
    let before = day6 + 12 * Self.hour
    var ledger = [Self.row(day5, day6, .provisional, latest: before), Self.row(day6, day7, .provisional, latest: before)]
    for index in ledger.indices { ledger[index].zone = "America/Chicago" }
    let latest = day7 + 30 * Self.hour
    let slices = SlicePlanner.plan(
      try Self.request(enrolled: day5 + Self.hour, latest: latest, step: .civilDay, zone: "Europe/Berlin", ledger: ledger))
    #expect(slices.map(\.zone) == ["America/Chicago", "America/Chicago", "Europe/Berlin", "Europe/Berlin"])
    #expect(zip(slices, slices.dropFirst()).allSatisfy { $0.end == $1.start })
    #expect(slices[2].start == day7)
  }

  @Test("a slice belongs to a backfill by its start date in its own zone")
  func window() throws {
    let window = try #require(BackfillWindow(from: CivilDate(year: 2026, month: 1, day: 8), until: CivilDate(year: 2026, month: 1, day: 10)))
    for (zone, step) in [("UTC", SliceStep.clock(seconds: Self.day)), ("America/Chicago", .civilDay), ("Pacific/Kiritimati", .civilDay)] {
      let clock = try #require(CivilZone(zone))
      let slices = SlicePlanner.plan(try Self.request(latest: Self.monday + 10 * Self.day, step: step, zone: zone))
        .filter { window.contains(sliceFrom: $0.start, in: clock) }
      #expect(slices.map { clock.date(at: $0.start).text } == ["2026-01-08", "2026-01-09"], "\(zone)")
    }
    #expect(BackfillWindow(from: nil, until: nil) == nil)
  }

  /// For any ledger, its slices and the requested ones cover the history without overlap.
  @Test("settled, held and requested slices together cover the history exactly", arguments: 0..<300)
  func coverage(seed: Int) throws {
    let random = SeededRandomSource(seed: UInt64(seed))
    let enrolled = Self.monday + Int64(random.next() % 86_400)
    let before = enrolled + Int64(random.next() % 700_000)
    let latest = before + Int64(random.next() % 200_000)
    let step: SliceStep = seed % 3 == 0 ? .civilDay : .clock(seconds: seed % 3 == 1 ? Self.day : 6 * Self.hour)
    let zone = ["UTC", "America/Chicago", "Australia/Lord_Howe", "Asia/Kolkata"][seed % 4]
    let first = SlicePlanner.plan(try Self.request(enrolled: enrolled, latest: before, step: step, zone: zone))
    let ledger = first.compactMap { slice -> LedgerSlice? in
      let state: SliceState? = [.written, .provisional, .deferred, .failed, nil][Int(random.next() % 5)]
      return state.map { state in
        var row = Self.row(slice.start, slice.end, state, latest: before)
        row.zone = slice.zone
        return row
      }
    }
    let second = SlicePlanner.plan(try Self.request(enrolled: enrolled, latest: latest, step: step, zone: zone, ledger: ledger))
    #expect(zip(second, second.dropFirst()).allSatisfy { $0.end <= $1.start }, "slices overlap")
    #expect(second.allSatisfy { $0.start < $0.end && $0.start % 60 == 0 && $0.end % 60 == 0 })
    let kept = ledger.filter { row in
      row.state != .deferred && !second.contains { $0.start <= row.key.start && row.key.end <= $0.end }
    }
    let covered = (second.map { ($0.start, $0.end) } + kept.map { ($0.key.start, $0.key.end) }).sorted { $0.0 < $1.0 }
    var reached = enrolled.flooredDivision(by: 60) * 60
    for (start, end) in covered {
      #expect(start <= reached, "a hole before \(start)")
      reached = max(reached, end)
    }
    #expect(reached >= latest.flooredDivision(by: 60) * 60 || enrolled.flooredDivision(by: 60) >= latest.flooredDivision(by: 60))
  }

  @Test("years that are settled are passed over: a plan costs what is not settled", arguments: [SliceStep.clock(seconds: 900), .clock(seconds: 86_400), .civilDay])
  func settledYears(step: SliceStep) throws {
    func looks(days: Int64) throws -> Int {
      let count = Locked(0)
      let enrolled = Self.monday - days * Self.day
      let ledger = [
        Self.row(enrolled, Self.monday - 20 * Self.day, .written), Self.row(Self.monday - 20 * Self.day, Self.monday - 19 * Self.day, .deferred),
        Self.row(Self.monday - 19 * Self.day, Self.monday - 5 * Self.hour, .written),
      ]
      let plan = SlicePlanner.plan(
        try Self.request(enrolled: enrolled, latest: Self.monday, step: step, zone: "America/Chicago", ledger: ledger) { _ in
          count.withLock { $0 += 1 }
          return false
        })
      #expect(plan.first?.start ?? 0 <= Self.monday - 20 * Self.day && plan.last?.end ?? 0 >= Self.monday)
      return count.withLock { $0 }
    }
    #expect(try looks(days: 3650) == looks(days: 30))
  }

  @Test("a plan is the same whether settled neighbours are one row or each its own", arguments: ["UTC", "America/Chicago", "Australia/Lord_Howe"])
  func joinedNeighbours(zone: String) throws {
    let random = SeededRandomSource(seed: 11)
    for round in 0..<60 {
      var rows: [LedgerSlice] = [], joined: [LedgerSlice] = []
      var from = Self.monday
      while from < Self.monday + 12 * Self.day {
        let until = from + Int64(1 + random.next() % 40) * Self.hour
        defer { from = until }
        guard random.next() % 6 != 0 else { continue }
        let state: SliceState = random.next() % 6 == 0 ? .failed : .written
        rows.append(Self.row(from, until, state))
        if state == .written, let last = joined.last, last.state == .written, last.key.end == from {
          joined[joined.count - 1].key.end = until
        } else {
          joined.append(Self.row(from, until, state))
        }
      }
      for step in [SliceStep.clock(seconds: 900), .clock(seconds: 6 * Self.hour), .clock(seconds: Self.day)] {
        func plan(_ ledger: [LedgerSlice]) throws -> [PlannedSlice] {
          SlicePlanner.plan(try Self.request(enrolled: Self.monday + 1234, latest: Self.monday + 13 * Self.day, step: step, zone: zone, ledger: ledger))
        }
        #expect(try plan(joined) == plan(rows), "round \(round) of seed 11, \(step)")
      }
    }
  }
}
