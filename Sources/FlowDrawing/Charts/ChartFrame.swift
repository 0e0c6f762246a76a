/// What all charts share: the outer element, numbers as text, and a ruled area with its axes.
enum ChartFrame {
  /// An `svg` that scales down with its page and is read out by its title and description.
  static func svg(class names: String, width: Int, height: Int, title: String, description: String) -> SVGElement {
    SVGElement(
      "svg",
      [
        "class": names, "role": "img", "viewBox": "0 0 \(width) \(height)", "width": "\(width)", "height": "\(height)",
        "font-family": "system-ui, sans-serif",
      ], [SVGElement("title", text: title), SVGElement("desc", text: description)])
  }

  /// A number with at most two decimals and none that say nothing.
  static func text(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "0" }
    let hundredths = Int64((value * 100).rounded())
    let whole = abs(hundredths) / 100, rest = abs(hundredths) % 100
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// The area of a chart between its axes.
  struct Area: Sendable {
    var left = 56
    var right = 12
    var top = 26
    var bottom = 30
    var width: Int
    var height: Int

    var innerWidth: Double { Double(max(width - left - right, 1)) }
    var innerHeight: Double { Double(max(height - top - bottom, 1)) }

    func y(_ value: Double, on axis: ValueAxis) -> Double { Double(top) + innerHeight * (1 - axis.part(of: value)) }

    /// Horizontal rules with their values, and the unit above them.
    func values(_ axis: ValueAxis, unit: String) -> SVGElement {
      var group = SVGElement("g", ["class": "axis", "font-size": "11"])
      group.add(SVGElement("text", ["class": "unit", "x": "4", "y": "14"], text: unit))
      for tick in axis.ticks {
        let y = ChartFrame.text(self.y(tick, on: axis))
        group.add(SVGElement("path", ["class": "grid", "d": "M\(left) \(y)H\(width - right)", "stroke": "#767676", "stroke-opacity": "0.35"]))
        group.add(SVGElement("text", ["x": "\(left - 6)", "y": y, "text-anchor": "end", "dominant-baseline": "central"], text: axis.label(tick)))
      }
      return group
    }

    /// What stands in place of a chart without values.
    var nothing: SVGElement {
      SVGElement(
        "text",
        ["class": "no-data", "x": "\(left + Int(innerWidth / 2))", "y": "\(top + Int(innerHeight / 2))", "text-anchor": "middle", "font-size": "13"],
        text: "no data in this period")
    }
  }
}

/// A linear axis from and to round values.
struct ValueAxis: Sendable {
  let lower: Double
  let upper: Double
  let step: Double

  /// - Parameter range: of the values; nil for an axis from 0 to 1.
  init(_ range: ClosedRange<Double>?, fromZero: Bool, count: Int = 5) {
    let low = fromZero ? min(range?.lowerBound ?? 0, 0) : range?.lowerBound ?? 0
    let high = max(range?.upperBound ?? 1, low)
    let span = high > low ? high - low : max(abs(high), 1)
    step = Self.roundStep(span / Double(max(count, 1)))
    lower = (low / step).rounded(.down) * step
    let top = (high / step).rounded(.up) * step
    upper = top > lower ? top : lower + step
  }

  /// 1, 2 or 5 times a power of ten, at least `step`.
  private static func roundStep(_ step: Double) -> Double {
    var power = 1.0
    while power * 10 <= step { power *= 10 }
    while power > step { power /= 10 }
    for factor in [1.0, 2, 5] where factor * power >= step { return factor * power }
    return 10 * power
  }

  func part(of value: Double) -> Double { (value - lower) / (upper - lower) }

  var ticks: [Double] { (0...Int(((upper - lower) / step).rounded())).map { lower + Double($0) * step } }

  /// `12000`, `0.5`.
  func label(_ value: Double) -> String { ChartFrame.text(value) }
}
