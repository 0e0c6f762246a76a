import FlowCore
import Foundation
import StudyModel
import StudyProcessors
import Testing

@Suite("Coverage has a state for every minute")
struct CoveragePlannerTests {
  static let day: Int64 = 86_400
  /// 2026-01-05T00:00:00Z
  static let monday: Int64 = 1_767_571_200

  static func request(
    latest: Int64?, until: Int64? = nil, isSyncKnown: Bool = true, step: SliceStep = .clock(seconds: day), zone: CivilZone = .utc,
    ledger: [LedgerSlice] = [], presence: CoverageRequest.Presence = .minutes([]), obstacle: Cause? = nil
  ) -> CoverageRequest {
    CoverageRequest(
      enrolled: monday, latestSync: latest, isSyncKnown: isSyncKnown, until: until ?? latest ?? monday + 3 * day, step: step, zone: zone,
      ledger: ledger, presence: presence, obstacle: obstacle)
  }

  static func row(_ start: Int64, _ end: Int64, _ state: SliceState, rows: Int = 0, cause: Cause? = nil) -> LedgerSlice {
    var row = LedgerSlice(key: SliceKey(participant: "P", dataType: "d", start: start, end: end), state: state, run: "r")
    row.rows = rows
    row.cause = cause
    return row
  }

  @Test("a participant without any run is never requested, to the end of the window")
  func unknownSync() {
    let coverage = CoveragePlanner.coverage(Self.request(latest: nil, isSyncKnown: false))
    #expect(coverage.spans.map(\.state) == [.neverAsked])
    #expect(coverage.wanted == 3 * 1440)
  }

  @Test("a participant without tracker or sync is not synced, and no data is expected yet", arguments: [SliceStep.clock(seconds: day), .civilDay])
  func neverSynced(step: SliceStep) {
    let coverage = CoveragePlanner.coverage(
      Self.request(latest: nil, step: step, presence: step == .civilDay ? .dates([]) : .minutes([])))
    #expect(coverage.spans.map(\.state) == [.notSynced])
    #expect(coverage.wanted == 0)
    #expect(coverage[.notSynced] == (step == .civilDay ? 3 : 3 * 1440))
  }

  @Test("unrequested time of a participant with an error entry has failed for its cause")
  func obstacle() {
    let latest = Self.monday + 2 * Self.day
    let coverage = CoveragePlanner.coverage(
      Self.request(
        latest: latest, ledger: [Self.row(Self.monday, Self.monday + Self.day, .written)], obstacle: .needsConsent))
    #expect(coverage.spans.map(\.state) == [.notWorn, .failed])
    #expect(coverage.spans.last?.cause == .needsConsent)
  }

  @Test("without a known sync nothing has failed: no data is expected yet, and the cause is reported")
  func obstacleWithoutSync() {
    let coverage = CoveragePlanner.coverage(Self.request(latest: nil, isSyncKnown: false, obstacle: .tokenInDoubt))
    #expect(coverage.spans.map(\.state) == [.notSynced] && coverage.spans.first?.cause == .tokenInDoubt)
    #expect(coverage.wanted == 0)
  }

  @Test("missing data of a paused or withdrawn participant is not expected; existing data is still counted")
  func notCollected() {
    let latest = Self.monday + 3 * Self.day
    var request = Self.request(
      latest: latest, ledger: [Self.row(Self.monday, Self.monday + Self.day, .written), Self.row(Self.monday + Self.day, Self.monday + 2 * Self.day, .deferred)],
      presence: .minutes([Self.monday..<Self.monday + 600]))
    request.isCollected = false
    let coverage = CoveragePlanner.coverage(request)
    #expect(coverage[.have] == 10 && coverage[.notWorn] == 1430 && coverage[.notSynced] == 2880 && coverage.wanted == 1440)
  }

  @Test("a stage covers its minutes, time awake is not missing, a night without stages is")
  func intervals() {
    let latest = Self.monday + 3 * Self.day
    let night = (Self.monday - 3600)..<(Self.monday + 7 * 3600)
    let coverage = CoveragePlanner.coverage(
      Self.request(
        latest: latest, step: .civilDay,
        ledger: [
          Self.row(Self.monday, Self.monday + Self.day, .written, rows: 20), Self.row(Self.monday + Self.day, Self.monday + 2 * Self.day, .written),
          Self.row(Self.monday + 2 * Self.day, latest, .deferred),
        ], presence: .intervals([night])))
    #expect(coverage.unit == .minute && coverage[.have] == 420)
    #expect(coverage[.notWorn] == 1440 && coverage[.deferred] == 1440 && coverage.wanted == 420 + 2880)
  }

  @Test("a view cuts minutes at its bounds and assigns days by their noon")
  func view() {
    let latest = Self.monday + 3 * Self.day
    var request = Self.request(latest: latest, ledger: [Self.row(Self.monday, latest, .written)])
    request.view = Self.monday + 3600..<Self.monday + 7200
    #expect(CoveragePlanner.coverage(request).spans.map(\.count) == [60])
    request = Self.request(latest: latest, step: .civilDay, presence: .dates([]))
    request.view = Self.monday + Self.day..<Self.monday + 2 * Self.day
    let days = CoveragePlanner.coverage(request)
    #expect(days.wanted == 1 && days.spans.map(\.start) == [Self.monday + Self.day])
  }

  @Test("an empty day with a total above 0 was lost; with a total of 0 the tracker was not worn")
  func totals() {
    let latest = Self.monday + 3 * Self.day
    var request = Self.request(latest: latest, ledger: [Self.row(Self.monday, latest, .written)])
    request.dayTotals = zip(0..<3, [120, 0, nil] as [Double?]).map { index, total in
      let start = Self.monday + Int64(index) * Self.day
      return .init(start: start, end: start + Self.day, total: total)
    }
    #expect(CoveragePlanner.coverage(request).spans.map(\.state) == [.lost, .notWorn])
    request.presence = .minutes([Self.monday + 600..<Self.monday + 660])
    #expect(CoveragePlanner.coverage(request)[.lost] == 0, "a day with one row has data")
    request.presence = .minutes([])
    request.ledger = [Self.row(Self.monday, Self.monday + Self.day / 2, .written), Self.row(Self.monday + Self.day / 2, latest, .deferred)]
    #expect(CoveragePlanner.coverage(request)[.lost] == 0, "half of the day is not answered yet")
  }

  @Test("minutes synced after the tracker's storage limit were lost, except with a row or a total of 0")
  func lateSync() {
    let latest = Self.monday + 20 * Self.day
    var request = Self.request(latest: latest, ledger: [Self.row(Self.monday, latest, .written)])
    request.expiredOnDevice = [Self.monday + Self.day..<Self.monday + 13 * Self.day]
    #expect(CoveragePlanner.coverage(request)[.lost] == 12 * 1440)
    request.expiredOnDevice = [Self.monday + Self.day - 1..<Self.monday + 13 * Self.day + 59]
    #expect(CoveragePlanner.coverage(request)[.lost] == 12 * 1440, "syncs are on no whole minute")
    request.dayTotals = [.init(start: Self.monday + 2 * Self.day, end: Self.monday + 3 * Self.day, total: 0)]
    #expect(CoveragePlanner.coverage(request)[.lost] == 11 * 1440)
    request.presence = .minutes([Self.monday + 5 * Self.day..<Self.monday + 5 * Self.day + 60])
    #expect(CoveragePlanner.coverage(request)[.lost] == 0)
  }

  @Test("days are counted by the zone and the ledger")
  func days() throws {
    let chicago = try #require(CivilZone("America/Chicago"))
    let first = chicago.startOfDay(CivilDate(year: 2026, month: 1, day: 4))
    let ledger = (0..<3).map { Self.row(first + $0 * Self.day, first + ($0 + 1) * Self.day, [.written, .failed, .deferred][Int($0)]) }
    let coverage = CoveragePlanner.coverage(
      Self.request(
        latest: Self.monday + 3 * Self.day + 7 * 3600, until: Self.monday + 5 * Self.day, step: .civilDay, zone: chicago, ledger: ledger,
        presence: .dates([CivilDate(year: 2026, month: 1, day: 4)])))
    #expect(coverage.spans.map(\.state) == [.have, .failed, .deferred, .neverAsked, .notSynced])
    #expect(coverage.spans.map(\.count) == [1, 1, 1, 2, 1])
    #expect(coverage.wanted == 5)
  }

  // MARK: Against a model

  /// Decides minute by minute, directly from the documentation.
  private static func model(_ request: CoverageRequest, _ minute: Int64) -> CoverageState {
    let latest = request.latestSync.map { $0.flooredDivision(by: 60) * 60 }
    if latest == nil, request.isSyncKnown || request.obstacle != nil { return .notSynced }
    if let latest, minute >= latest { return .notSynced }
    guard case .minutes(let present) = request.presence else { return .neverAsked }
    if present.contains(where: { $0.contains(minute) }) { return .have }
    guard let row = request.ledger.first(where: { $0.key.start <= minute && minute < $0.key.end }) else {
      return request.obstacle == nil ? .neverAsked : .failed
    }
    switch row.state {
    case .deferred: return .deferred
    case .failed: return .failed
    case .written, .provisional: break
    }
    func isEmpty(_ range: Range<Int64>) -> Bool { !present.contains { $0.overlaps(range) } }
    let total = request.dayTotals.first { $0.start <= minute && minute < $0.end && isEmpty($0.start..<$0.end) }
    if let total, (total.total ?? 0) > 0 {
      let isAnswered = stride(from: total.start, to: total.end, by: 60).allSatisfy { minute in
        request.ledger.contains { ($0.state == .written || $0.state == .provisional) && $0.key.start <= minute && minute < $0.key.end }
      }
      if isAnswered { return .lost }
    }
    if total?.total == 0 { return .notWorn }
    return request.expiredOnDevice.contains { $0.contains(minute) && isEmpty($0) } ? .lost : .notWorn
  }

  private static func randomRequest(_ seed: Int) -> CoverageRequest {
    let random = SeededRandomSource(seed: UInt64(seed))
    func below(_ limit: Int64) -> Int64 { Int64(random.next() % UInt64(limit)) }
    func ranges(_ longest: Int64, _ longestGap: Int64, until end: Int64) -> [Range<Int64>] {
      var ranges: [Range<Int64>] = []
      var from = monday - day + below(longestGap) * 60
      while from < end {
        let to = from + (1 + below(longest)) * 60
        ranges.append(from..<to)
        from = to + (1 + below(longestGap)) * 60
      }
      return ranges
    }
    let enrolled = monday + below(day)
    let latest = enrolled + below(2 * day)
    var ledger: [LedgerSlice] = []
    var from = monday + below(1440) * 60
    while from < latest {
      let to = min(from + (1 + below(1440)) * 60, latest.flooredDivision(by: 60) * 60)
      let states: [SliceState] = [.written, .provisional, .written, .deferred, .failed]
      if to > from, below(6) > 0 { ledger.append(row(from, to, states[Int(below(5))], cause: [.timeout, nil][Int(below(2))])) }
      from = max(to, from + 60)
    }
    return CoverageRequest(
      enrolled: enrolled, latestSync: seed % 11 == 0 ? nil : latest, isSyncKnown: seed % 22 != 0, until: latest + below(day),
      step: .clock(seconds: day), zone: .utc, ledger: ledger,
      presence: .minutes(seed % 3 == 0 ? [] : ranges(seed % 2 == 0 ? 300 : 2000, seed % 5 == 0 ? 4000 : 400, until: latest)),
      dayTotals: (0..<5).map { .init(start: monday + $0 * day, end: monday + ($0 + 1) * day, total: [nil, 0, 50][Int(below(3))]) },
      expiredOnDevice: ranges(2000, 3000, until: latest), obstacle: seed % 7 == 0 ? .tokenInDoubt : nil)
  }

  @Test("spans are contiguous, cover the time exactly, and match a model minute by minute", arguments: 0..<66)
  func agreesWithModel(seed: Int) {
    let request = Self.randomRequest(seed)
    let coverage = CoveragePlanner.coverage(request)
    let start = request.enrolled.flooredDivision(by: 60) * 60
    let end = max(request.until.flooredDivision(by: 60) * 60, start)
    #expect(coverage.spans.first?.start ?? start == start && coverage.spans.last?.end ?? end == end)
    #expect(zip(coverage.spans, coverage.spans.dropFirst()).allSatisfy { $0.end == $1.start }, "gap or overlap")
    #expect(coverage.spans.allSatisfy { $0.start < $0.end && $0.count == ($0.end - $0.start) / 60 })
    #expect(CoverageState.allCases.reduce(0) { $0 + coverage[$1] } == (end - start) / 60, "every minute is in one state")
    for span in coverage.spans {
      for minute in stride(from: span.start, to: span.end, by: 60) {
        let expected = Self.model(request, minute)
        if expected != span.state {
          Issue.record("seed \(seed): minute \(Instant(seconds: minute).text) is \(span.state), by the model \(expected)")
          return
        }
      }
    }
  }
}
