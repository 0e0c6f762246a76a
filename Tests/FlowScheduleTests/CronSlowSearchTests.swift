import FlowBase
import FlowCore
import FlowSchedule
import FlowTesting
import Testing

/// The next due time against a search that looks at every minute and watches the clock on the wall.
@Suite("The next due time, searched minute by minute")
struct CronSlowSearchTests {
  private static let zones = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Santiago", "Asia/Kathmandu"]
  /// A few days before clocks change in these zones, and days without a change.
  private static let beginnings = [
    "2026-03-28T20:00:00Z", "2026-10-24T20:00:00Z", "2026-10-03T10:00:00Z", "2026-04-04T10:00:00Z", "2011-12-29T06:00:00Z", "2026-09-05T23:00:00Z",
    "2026-11-01T02:00:00Z", "2026-03-08T02:00:00Z", "2026-02-27T12:00:00Z",
  ]

  /// The due times of some days, by the rules and nothing else.
  private static func slow(_ expression: CronExpression, _ zone: CivilZone, from start: Int64, minutes: Int) -> [Int64] {
    var due: [Int64] = []
    var highest = Int64.min
    for minute in 0..<minutes {
      let instant = start + Int64(minute) * 60
      let local = instant + zone.utcOffset(at: instant)
      if !expression.hasFixedTime {
        if expression.matches(local: local) { due.append(instant) }
        continue
      }
      // Every minute that the clock shows for the first time, with those that it has jumped over.
      let first = highest == .min ? local : highest + 60
      if local >= first, stride(from: first, through: local, by: 60).contains(where: { expression.matches(local: $0) }) { due.append(instant) }
      highest = max(highest, local)
    }
    return due
  }

  /// Random choices of one seed.
  private struct Draw {
    let source: SeededRandomSource

    func among(_ range: ClosedRange<Int>) -> Int { range.lowerBound + Int(source.next() % UInt64(range.count)) }
    var isTrue: Bool { among(0...1) == 1 }

    func field(_ range: ClosedRange<Int>) -> String {
      let ends = [among(range), among(range)].sorted()
      return switch among(0...7) {
      case 0...2: "*"
      case 3: "*/\(among(1...max(2, range.upperBound / 2)))"
      case 4: "\(ends[0])-\(ends[1])"
      case 5: "\(ends[0])-\(ends[1])/\(among(1...5)),\(among(range))"
      case 6: "\(ends[0]),\(ends[1])"
      default: "\(ends[0])"
      }
    }
  }

  @Test("finds the same times", arguments: 1...120)
  func same(seed: Int) throws {
    let draw = Draw(source: SeededRandomSource(seed: UInt64(seed)))
    let zone = try #require(CivilZone(Self.zones[seed % Self.zones.count]))
    let begin = try #require(Instant(rfc3339: Self.beginnings[(seed / Self.zones.count) % Self.beginnings.count]))
    // Hours near the changes come often.
    let hours = draw.isTrue ? draw.field(0...23) : "\(draw.among(0...3))"
    let text = [
      draw.field(0...59), hours, draw.isTrue ? "*" : draw.field(1...31), draw.isTrue ? "*" : draw.field(1...12), draw.isTrue ? "*" : draw.field(0...7),
    ].joined(separator: " ")
    guard case .success(let expression) = CronExpression.read(text) else { return }
    let minutes = 3 * 1440
    let expected = Self.slow(expression, zone, from: begin.seconds, minutes: minutes)
    let end = begin.seconds + Int64(minutes) * 60
    var found: [Int64] = []
    var next = expression.next(after: Instant(seconds: begin.seconds - 1), in: zone)
    while next.seconds < end {
      found.append(next.seconds)
      next = expression.next(after: next, in: zone)
    }
    #expect(found == expected, "\(text) in \(zone.name) from \(begin.text), seed \(seed)")
  }
}
