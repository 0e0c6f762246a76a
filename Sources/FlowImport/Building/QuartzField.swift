/// A field of a Quartz schedule, as cron has it.
///
/// Quartz has seconds first, wants a `?` in one of the two fields of days, counts the days of the week from 1 (Sunday), and reads `5/10` as every tenth
/// from 5 on. Its `L`, `W` and `#` cannot be said in cron.
struct QuartzField {
  let range: ClosedRange<Int>
  /// Names of the values from the first on.
  var names: [String] = []
  /// Whether cron numbers the values in another way, so that they are written by name.
  var isNamed = false

  /// Minute, hour, day of month, month, day of week.
  static let all = [
    QuartzField(range: 0...59), QuartzField(range: 0...23), QuartzField(range: 1...31),
    QuartzField(range: 1...12, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
    QuartzField(range: 1...7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], isNamed: true),
  ]

  /// nil: cron cannot say it, or it is no field of Quartz's.
  /// - Parameter text: in capitals.
  func word(_ text: String) -> String? {
    if text == "?" || text == "*" { return "*" }
    var elements: [String] = []
    for element in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let word = self.element(element) else { return nil }
      elements.append(word)
    }
    return elements.joined(separator: ",")
  }

  private func element(_ text: Substring) -> String? {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let ends = ends(parts[0]) else { return nil }
    guard parts.count == 2 else { return span(ends.first, ends.last) }
    guard let step = Int(parts[1]), step > 0, step <= range.upperBound else { return nil }
    // A single value is where the steps begin.
    let last = parts[0].contains("-") ? ends.last : range.upperBound
    guard ends.first <= last else { return nil }
    if isNamed { return stride(from: ends.first, through: last, by: step).map(name).joined(separator: ",") }
    return ends.first == range.lowerBound && last == range.upperBound ? "*/\(step)" : "\(ends.first)-\(last)/\(step)"
  }

  private func ends(_ text: Substring) -> (first: Int, last: Int)? {
    if text == "*" { return (range.lowerBound, range.upperBound) }
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map(value)
    guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1] else { return nil }
    return (first, last)
  }

  private func value(_ text: Substring) -> Int? {
    if let place = names.firstIndex(of: String(text)) { return range.lowerBound + place }
    guard text.allSatisfy({ $0.isASCII && $0.isNumber }), let value = Int(text), range.contains(value) else { return nil }
    return value
  }

  /// A span that goes over the end, such as `FRI-MON`, is two.
  private func span(_ first: Int, _ last: Int) -> String {
    if first > last { return span(first, range.upperBound) + "," + span(range.lowerBound, last) }
    return first == last ? name(first) : name(first) + "-" + name(last)
  }

  private func name(_ value: Int) -> String { isNamed ? names[value - range.lowerBound] : String(value) }
}
