import FlowBase
import FlowDrawing
import Testing

@Suite("Bar chart")
struct BarChartTests {
  private static func chart(_ series: [(String, [Double?])]) -> BarChart {
    BarChart(
      title: "Steps", unit: "steps a day", categories: (0..<(series.first?.1.count ?? 0)).map { "01-0\($0 + 5)" },
      series: series.map { .init(name: $0.0, values: $0.1) })
  }

  @Test("there is a bar for each value above 0, and unknown is not the same as 0")
  func bars() throws {
    let chart = Self.chart([("steps", [1000, 0, nil, 12_000])])
    let drawing = try ReadDrawing(chart.svg)
    #expect(drawing.paths("series-1").joined().filter { $0 == "M" }.count == 2)
    #expect(chart.description == "01-05 to 01-08: 0 to 12000 steps a day, 1 without data")
  }

  @Test("parts of a stack stand on one another, and their legend names them")
  func stack() throws {
    let drawing = try ReadDrawing(Self.chart([("Peak", [10]), ("<Cardio>", [20])]).svg)
    func numbers(_ path: String) -> [Double] { path.split { !($0.isNumber || $0 == "." || $0 == "-") }.compactMap { Double($0) } }
    let lower = numbers(try #require(drawing.paths("series-1").first)), upper = numbers(try #require(drawing.paths("series-2").first))
    // M x bottom V top h width V bottom.
    #expect(upper[1] == lower[2] && abs((upper[1] - upper[2]) - 2 * (lower[1] - lower[2])) < 0.05)
    #expect(drawing.texts.contains("Peak") && drawing.texts.contains("<Cardio>"))
  }

  @Test("without any value it says so", arguments: [[], [nil, nil]] as [[Double?]])
  func nothing(_ values: [Double?]) throws {
    #expect(try ReadDrawing(Self.chart([("steps", values)]).svg).texts.contains("no data in this period"))
  }
}
