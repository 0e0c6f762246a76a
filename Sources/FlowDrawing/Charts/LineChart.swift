import FlowBase

/// A value over time: the mean as a line, minimum to maximum as a band. Gaps are gaps.
///
/// Classes: `line-chart`, `axis`, `grid`, `band`, `line`, `point`.
package struct LineChart: Sendable {
  /// The values of a bucket of time.
  package struct Point: Sendable, Equatable {
    /// Begin of the bucket, seconds since 1970.
    package var time: Int64
    package var mean: Double
    package var min: Double
    package var max: Double

    package init(time: Int64, mean: Double, min: Double, max: Double) {
      self.time = time
      self.mean = mean
      self.min = min
      self.max = max
    }

    /// A single value.
    package init(time: Int64, value: Double) { self.init(time: time, mean: value, min: value, max: value) }
  }

  package var title: String
  /// `beats a minute`.
  package var unit: String
  /// Seconds since 1970.
  package var range: Range<Int64>
  package var zone: CivilZone
  /// In order of time.
  package var points: [Point]
  /// Seconds from one bucket to the next: points further apart are not connected.
  package var step: Int64
  package var width: Int
  package var height: Int
  /// The value axis begins at 0.
  package var isFromZero: Bool

  package init(
    title: String, unit: String, range: Range<Int64>, zone: CivilZone, points: [Point], step: Int64, width: Int = 960, height: Int = 300,
    isFromZero: Bool = false
  ) {
    self.title = title
    self.unit = unit
    self.range = range
    self.zone = zone
    self.points = points.filter { range.contains($0.time) && $0.mean.isFinite && $0.min.isFinite && $0.max.isFinite }
    self.step = max(step, 1)
    self.width = width
    self.height = height
    self.isFromZero = isFromZero
  }

  /// `2026-01-05 to 2026-01-12: 60 to 131 beats a minute, 4 pieces`, for those who do not see the drawing.
  package var description: String {
    let period = "\(zone.date(at: range.lowerBound)) to \(zone.date(at: Swift.max(range.upperBound - 1, range.lowerBound)))"
    guard let low = points.map(\.min).min(), let high = points.map(\.max).max() else { return "\(period): no data" }
    let gaps = pieces.count - 1
    let words = gaps == 0 ? "without a gap" : gaps == 1 ? "with one gap" : "with \(gaps) gaps"
    return "\(period): \(ChartFrame.text(low)) to \(ChartFrame.text(high)) \(unit), \(words)"
  }

  package var svg: SVGElement {
    let area = ChartFrame.Area(width: width, height: height)
    let low = points.map(\.min).min(), high = points.map(\.max).max()
    let values = ValueAxis(low.flatMap { low in high.map { low...$0 } }, fromZero: isFromZero)
    let times = TimeAxis(range, zone: zone, count: Int(area.innerWidth / 70))
    func x(_ time: Int64) -> Double { Double(area.left) + area.innerWidth * times.part(of: time) }
    func at(_ time: Int64, _ value: Double) -> String { "\(ChartFrame.text(x(time))) \(ChartFrame.text(area.y(value, on: values)))" }

    var svg = ChartFrame.svg(class: "chart line-chart", width: width, height: height, title: title, description: description)
    svg.add(area.values(values, unit: unit))
    svg.add(timeAxis(times, area))
    guard !points.isEmpty else {
      svg.add(area.nothing)
      return svg
    }
    var band = "", line = "", dots: [Point] = []
    for piece in pieces {
      if piece.count == 1 {
        dots += piece
        continue
      }
      line += "M" + piece.map { at($0.time, $0.mean) }.joined(separator: "L")
      if piece.contains(where: { $0.min < $0.max }) {
        band += "M" + piece.map { at($0.time, $0.max) }.joined(separator: "L") + "L" + piece.reversed().map { at($0.time, $0.min) }.joined(separator: "L") + "Z"
      }
    }
    // A point of its own has no line; a stroke of no length with round ends is a dot.
    let ranges = dots.filter { $0.min < $0.max }.map { "M\(at($0.time, $0.max))L\(at($0.time, $0.min))" }.joined()
    if !band.isEmpty { svg.add(SVGElement("path", ["class": "band", "d": band, "fill": "#56b4e9", "fill-opacity": "0.35", "stroke": "none"])) }
    if !ranges.isEmpty { svg.add(SVGElement("path", ["class": "range", "d": ranges, "fill": "none", "stroke": "#56b4e9", "stroke-width": "2"])) }
    if !line.isEmpty {
      svg.add(SVGElement("path", ["class": "line", "d": line, "fill": "none", "stroke": "#0072b2", "stroke-width": "1.5", "stroke-linejoin": "round"]))
    }
    if !dots.isEmpty {
      let data = dots.map { "M\(at($0.time, $0.mean))h0" }.joined()
      svg.add(SVGElement("path", ["class": "point", "d": data, "fill": "none", "stroke": "#0072b2", "stroke-width": "4", "stroke-linecap": "round"]))
    }
    return svg
  }

  /// Points without a gap between them.
  private var pieces: [[Point]] {
    var pieces: [[Point]] = []
    for point in points {
      if let last = pieces.last?.last, point.time - last.time <= step + step / 2 {
        pieces[pieces.count - 1].append(point)
      } else {
        pieces.append([point])
      }
    }
    return pieces
  }

  private func timeAxis(_ times: TimeAxis, _ area: ChartFrame.Area) -> SVGElement {
    var group = SVGElement("g", ["class": "axis", "font-size": "11"])
    let bottom = height - area.bottom
    group.add(SVGElement("path", ["class": "base", "d": "M\(area.left) \(bottom)H\(width - area.right)", "stroke": "#767676"]))
    for tick in times.ticks {
      let x = ChartFrame.text(Double(area.left) + area.innerWidth * times.part(of: tick.instant))
      group.add(SVGElement("path", ["class": "grid", "d": "M\(x) \(area.top)V\(bottom + 4)", "stroke": "#767676", "stroke-opacity": "0.35"]))
      group.add(SVGElement("text", ["x": x, "y": "\(bottom + 18)", "text-anchor": "middle"], text: tick.label))
    }
    group.add(SVGElement("text", ["class": "zone", "x": "\(width - area.right)", "y": "14", "text-anchor": "end"], text: "times in \(zone.name)"))
    return group
  }
}
