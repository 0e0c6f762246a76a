import FlowBase
@testable import FlowDrawing
import Testing

@Suite("Line chart")
struct LineChartTests {
  private static let day: Int64 = 1_767_571_200  // 2026-01-05

  private static func chart(_ points: [LineChart.Point], hours: Int64 = 24) -> LineChart {
    LineChart(title: "Heart rate <P1>", unit: "beats a minute", range: day..<day + hours * 3600, zone: .utc, points: points, step: 60)
  }

  private static func points(_ minutes: [Int64]) -> [LineChart.Point] {
    minutes.map { .init(time: day + $0 * 60, mean: 70, min: 60, max: 80) }
  }

  @Test(
    "a gap is a gap",
    arguments: [
      (minutes: [0, 1, 2, 3], lines: 1, dots: 0), (minutes: [0, 1, 5, 6], lines: 2, dots: 0), (minutes: [0, 2, 4], lines: 0, dots: 3),
      (minutes: [0, 1, 10], lines: 1, dots: 1), (minutes: [], lines: 0, dots: 0),
    ] as [(minutes: [Int64], lines: Int, dots: Int)])
  func gaps(_ row: (minutes: [Int64], lines: Int, dots: Int)) throws {
    let drawing = try ReadDrawing(Self.chart(Self.points(row.minutes)).svg)
    #expect(drawing.paths("line").joined().filter { $0 == "M" }.count == row.lines)
    #expect(drawing.paths("band").joined().filter { $0 == "M" }.count == row.lines)
    #expect(drawing.paths("point").joined().filter { $0 == "M" }.count == row.dots)
  }

  @Test("says in words what it shows, and that there is nothing")
  func words() throws {
    let drawing = try ReadDrawing(Self.chart(Self.points([0, 1, 5])).svg)
    #expect(drawing.texts.contains("2026-01-05 to 2026-01-05: 60 to 80 beats a minute, with one gap"))
    #expect(drawing.texts.contains("Heart rate <P1>"))
    let empty = try ReadDrawing(Self.chart([]).svg)
    #expect(empty.texts.contains("no data in this period") && empty.texts.contains("2026-01-05 to 2026-01-05: no data"))
  }

  @Test("points outside the range and values that are no numbers are left out")
  func odd() throws {
    let chart = Self.chart(
      [.init(time: Self.day - 60, value: 1), .init(time: Self.day, value: .nan), .init(time: Self.day + 60, value: 5), .init(time: Self.day + 60, value: .infinity)])
    #expect(chart.points.map(\.mean) == [5])
    let drawing = try ReadDrawing(chart.svg)
    #expect(drawing.paths("point").joined().allSatisfy { "Mh .0123456789".contains($0) })
  }

  @Test(
    "ticks stand at round local times",
    arguments: [
      (0..<3600, "UTC", ["01-05", "00:15", "00:30", "00:45"], 5), (0..<86_400, "UTC", ["01-05", "06:00", "12:00", "18:00"], 6),
      (0..<10 * 86_400, "UTC", ["01-05", "01-07", "01-09", "01-11", "01-13"], 6),
      (0..<90 * 86_400, "UTC", ["2026-02", "2026-03", "2026-04"], 6), (0..<3 * 366 * 86_400, "UTC", ["2027", "2028", "2029"], 4),
      (3600..<86_400 + 3600, "America/Chicago", ["00:00", "06:00", "12:00", "18:00"].map { $0 == "00:00" ? "01-05" : $0 }, 6),
    ] as [(Range<Int>, String, [String], Int)])
  func ticks(_ range: Range<Int>, _ zone: String, _ labels: [String], _ count: Int) throws {
    let zone = try #require(CivilZone(zone))
    let axis = TimeAxis(Self.day + Int64(range.lowerBound)..<Self.day + Int64(range.upperBound), zone: zone, count: count)
    if zone.name == "UTC" { #expect(axis.ticks.map(\.label) == labels) } else { #expect(Set(axis.ticks.map(\.label)).isSubset(of: labels) && axis.ticks.count >= 3) }
    #expect(axis.ticks.allSatisfy { axis.range.contains($0.instant) })
  }

  @Test("a day that clocks change has ticks in order, each once")
  func clockChange() throws {
    let zone = try #require(CivilZone("America/Chicago"))
    for text in ["2026-03-08", "2026-11-01"] {
      let date = try #require(CivilDate(text: text))
      let ticks = TimeAxis(zone.startOfDay(date)..<zone.startOfDay(date.advanced(byDays: 1)), zone: zone, count: 30).ticks
      #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0.instant < $1.instant })
      #expect(ticks.count >= 23)
    }
  }

  @Test(
    "a value axis has round ticks around the values",
    arguments: [
      (60.0...131.0, false, [60, 80, 100, 120, 140]), (0...0, true, [0, 0.2, 0.4, 0.6, 0.8, 1]), (3...3, false, [3, 4, 5, 6]), (0...12_345, true, [0, 5000, 10_000, 15_000]),
    ] as [(ClosedRange<Double>, Bool, [Double])])
  func values(_ range: ClosedRange<Double>, _ fromZero: Bool, _ ticks: [Double]) {
    let axis = ValueAxis(range, fromZero: fromZero)
    #expect(axis.lower <= range.lowerBound && axis.upper >= range.upperBound && axis.lower < axis.upper)
    #expect((2...7).contains(axis.ticks.count), "\(axis.ticks)")
    if ticks.count > 4 || fromZero { #expect(zip(axis.ticks, ticks).allSatisfy { abs($0 - $1) < 1e-9 }, "\(axis.ticks)") }
  }

  @Test("numbers are written short", arguments: [(1.0, "1"), (1.5, "1.5"), (1.25, "1.25"), (1.05, "1.05"), (-0.5, "-0.5"), (0.001, "0"), (Double.nan, "0")])
  func numbers(_ value: Double, _ text: String) { #expect(ChartFrame.text(value) == text) }
}
