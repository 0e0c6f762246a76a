import FlowBase
import FlowSchedule
import FlowTesting
import Testing

@Suite("What is due of a schedule")
struct ScheduleStateTests {
  private static func instant(_ text: String) throws -> Instant { try #require(Instant(rfc3339: text)) }

  private static func state(_ cron: String = "0 */2 * * *", handled: String?, now: String) throws -> ScheduleState {
    ScheduleState(try CronExpression.read(cron).get(), in: .utc, handled: try handled.map(instant), now: try instant(now))
  }

  @Test("where nothing is known of the past, it begins now")
  func new() throws {
    var state = try Self.state(handled: nil, now: "2026-01-05T11:00:00Z")
    let before = state.due(at: try Self.instant("2026-01-05T11:59:59Z")), noon = try Self.instant("2026-01-05T12:00:00Z")
    let due = state.due(at: noon)
    #expect(before == nil && due == .init(time: noon, missedCount: 0))
  }

  @Test("a due time stays due until it is handled, and is not due again then")
  func handled() throws {
    var state = try Self.state(handled: "2026-01-05T10:00:00Z", now: "2026-01-05T11:00:00Z")
    let now = try Self.instant("2026-01-05T12:00:10Z")
    let first = state.due(at: now), again = state.due(at: now)
    let due = try #require(first)
    #expect(again == due)
    state.handle(due)
    let later = state.due(at: now)
    #expect(later == nil)
    #expect(state.next(after: now) == (try Self.instant("2026-01-05T14:00:00Z")))
  }

  @Test("due times that passed meanwhile are made up for once")
  func missed() throws {
    var state = try Self.state(handled: "2026-01-05T10:00:00Z", now: "2026-01-06T09:00:00Z")
    let now = try Self.instant("2026-01-06T09:00:00Z")
    let first = state.due(at: now)
    let due = try #require(first)
    // 12:00 to 08:00 are eleven.
    #expect(due == .init(time: try Self.instant("2026-01-06T08:00:00Z"), missedCount: 10))
    state.handle(due)
    let later = state.due(at: now)
    #expect(later == nil)
  }

  @Test("years without a server are made up for once, too")
  func years() throws {
    var state = try Self.state("* * * * *", handled: "2020-01-01T00:00:00Z", now: "2026-01-06T09:00:30Z")
    let now = try Self.instant("2026-01-06T09:00:30Z")
    let first = state.due(at: now)
    let due = try #require(first)
    state.handle(due)
    let later = state.due(at: now)
    #expect(later == nil && due.missedCount == 1000)
  }

  @Test("a clock that is set back a little repeats nothing; one that was far ahead begins anew", arguments: [
    (handled: "2026-01-05T12:00:00Z", now: "2026-01-05T11:30:00Z", next: "2026-01-05T14:00:00Z"),
    (handled: "2030-01-01T00:00:00Z", now: "2026-01-05T11:30:00Z", next: "2026-01-05T12:00:00Z"),
  ])
  func setBack(_ change: (handled: String, now: String, next: String)) throws {
    var state = try Self.state(handled: change.handled, now: change.now)
    let due = state.due(at: try Self.instant(change.now))
    #expect(due == nil)
    #expect(state.next(after: try Self.instant(change.now)).text == change.next)
  }

  @Test("an interval is due at its multiples, whenever the server was started", arguments: [
    (Int64(300), "2026-01-05T11:02:03Z", "2026-01-05T11:05:00Z"), (300, "2026-01-05T11:05:00Z", "2026-01-05T11:10:00Z"), (86_400, "2026-01-05T00:00:01Z", "2026-01-06T00:00:00Z"),
    (1, "2026-01-05T00:00:01Z", "2026-01-05T00:00:02Z"), (7, "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"),
  ])
  func interval(seconds: Int64, now: String, next: String) throws {
    #expect(Rhythm.every(seconds: seconds).next(after: try Self.instant(now)) == (try Self.instant(next)))
  }

  @Test("of several rhythms each time is due, and what is due by two is due once")
  func several() throws {
    let hourly = Rhythm.cron(try CronExpression.read("@hourly").get(), in: .utc)
    var state = ScheduleState([.every(seconds: 2400), hourly], handled: nil, now: try Self.instant("2026-01-05T00:00:00Z"))
    var times: [String] = []
    for _ in 0..<5 {
      let next = state.next(after: try Self.instant("2026-01-05T00:00:00Z"))
      let found = state.due(at: next)
      let due = try #require(found)
      times.append(due.time.text)
      state.handle(due)
    }
    #expect(times == ["2026-01-05T00:40:00Z", "2026-01-05T01:00:00Z", "2026-01-05T01:20:00Z", "2026-01-05T02:00:00Z", "2026-01-05T02:40:00Z"])
  }
}
