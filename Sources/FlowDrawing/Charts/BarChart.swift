import FlowBase

/// A bar for each category, such as a day, of one or several values on top of one another.
///
/// Classes: `bar-chart`, `axis`, `grid`, `legend`, and for each series `series` and `series-N` (from 1).
package struct BarChart: Sendable {
  package struct Series: Sendable {
    package var name: String
    /// One for each category; nil: unknown, which is not the same as 0.
    package var values: [Double?]

    package init(name: String, values: [Double?]) {
      self.name = name
      self.values = values
    }
  }

  package var title: String
  package var unit: String
  package var categories: [String]
  /// The lowest part of a bar first.
  package var series: [Series]
  package var width: Int
  package var height: Int

  package init(title: String, unit: String, categories: [String], series: [Series], width: Int = 960, height: Int = 260) {
    precondition(series.allSatisfy { $0.values.count == categories.count }, "a series has a value or nil for each category")
    self.title = title
    self.unit = unit
    self.categories = categories
    self.series = series
    self.width = width
    self.height = height
  }

  /// Colours by Okabe and Ito, in an order in which neighbours differ in lightness, with the texture that tells them apart without colour.
  static let colors = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#767676"]
  private static let textures: [String?] = [nil, "6 2", "2 2", "1 3", "8 1 1 1", "4 4", "3 1", "1 1"]

  private var totals: [Double?] {
    categories.indices.map { index in
      let known = series.compactMap { $0.values[index] }.filter { $0.isFinite && $0 > 0 }
      return series.allSatisfy({ $0.values[index] == nil }) ? nil : known.reduce(0, +)
    }
  }

  /// For those who do not see the drawing.
  package var description: String {
    let known = totals.compactMap { $0 }
    guard let low = known.min(), let high = known.max(), let first = categories.first, let last = categories.last else { return "no data" }
    let unknown = totals.count - known.count
    return "\(first) to \(last): \(ChartFrame.text(low)) to \(ChartFrame.text(high)) \(unit)" + (unknown == 0 ? "" : ", \(unknown) without data")
  }

  package var svg: SVGElement {
    var area = ChartFrame.Area(width: width, height: height)
    let isStacked = series.count > 1
    if isStacked { area.top += 18 }
    let totals = totals
    let axis = ValueAxis(0...max(totals.compactMap { $0 }.max() ?? 1, .leastNormalMagnitude), fromZero: true)
    var svg = ChartFrame.svg(class: "chart bar-chart", width: width, height: height, title: title, description: description)
    svg.add(area.values(axis, unit: unit))
    svg.add(categoryAxis(area))
    if isStacked { svg.add(legend) }
    guard totals.contains(where: { $0 != nil }) else {
      svg.add(area.nothing)
      return svg
    }
    let pitch = area.innerWidth / Double(max(categories.count, 1)), bar = max(pitch * 0.8, 0.5)
    var reached = [Double](repeating: 0, count: categories.count)
    for (number, one) in series.enumerated() {
      var data = ""
      for index in categories.indices {
        guard let value = one.values[index], value.isFinite, value > 0 else { continue }
        let bottom = area.y(reached[index], on: axis), top = area.y(reached[index] + value, on: axis)
        let x = Double(area.left) + pitch * Double(index) + (pitch - bar) / 2
        data += "M\(ChartFrame.text(x)) \(ChartFrame.text(bottom))V\(ChartFrame.text(top))h\(ChartFrame.text(bar))V\(ChartFrame.text(bottom))Z"
        reached[index] += value
      }
      guard !data.isEmpty else { continue }
      var path = paint(SVGElement("path", ["d": data]), number)
      path.add(SVGElement("title", text: one.name))
      svg.add(path)
    }
    return svg
  }

  private func paint(_ element: SVGElement, _ number: Int) -> SVGElement {
    var element = element
    let color = Self.colors[number % Self.colors.count]
    element.attributes += [
      ("class", "series series-\(number % Self.colors.count + 1)"), ("fill", color), ("stroke", color),
    ]
    // The outline is dashed in a different way for each series of a stack.
    if series.count > 1, let texture = Self.textures[number % Self.textures.count] {
      element.attributes += [("fill-opacity", "0.7"), ("stroke-dasharray", texture)]
    }
    return element
  }

  private var legend: SVGElement {
    var group = SVGElement("g", ["class": "legend", "font-size": "11"])
    var x = 56
    for (number, one) in series.enumerated() {
      group.add(paint(SVGElement("rect", ["x": "\(x)", "y": "19", "width": "12", "height": "12"]), number))
      group.add(SVGElement("text", ["x": "\(x + 17)", "y": "29"], text: one.name))
      // Wide letters of the page's font take up to nine units.
      x += 34 + one.name.count * 9
    }
    return group
  }

  private func categoryAxis(_ area: ChartFrame.Area) -> SVGElement {
    var group = SVGElement("g", ["class": "axis", "font-size": "11"])
    let bottom = height - area.bottom, pitch = area.innerWidth / Double(max(categories.count, 1))
    group.add(SVGElement("path", ["class": "base", "d": "M\(area.left) \(bottom)H\(width - area.right)", "stroke": "#767676"]))
    let room = Double((categories.map(\.count).max() ?? 1) * 7 + 8)
    let every = max(Int((room / pitch).rounded(.up)), 1)
    for index in stride(from: 0, to: categories.count, by: every) {
      let x = ChartFrame.text(Double(area.left) + pitch * (Double(index) + 0.5))
      group.add(SVGElement("text", ["x": x, "y": "\(bottom + 18)", "text-anchor": "middle"], text: categories[index]))
    }
    return group
  }
}
