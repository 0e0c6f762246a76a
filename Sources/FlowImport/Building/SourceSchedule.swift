import FlowCore

/// When NiFi triggers a source, as the source's `schedule`.
enum SourceSchedule: Equatable {
  /// A duration as flow files have it.
  case every(String)
  /// Five fields of cron. `hasClock`: it means times of day or days, so that the zone matters.
  case cron(String, hasClock: Bool)
  /// A clause that says why.
  case unsayable(String)

  /// - Parameters:
  ///   - strategy: NiFi's; all but CRON_DRIVEN have a period.
  ///   - period: a duration, or an expression of six or seven fields.
  ///   - isQuartz: NiFi 1.x evaluates it, with Quartz. NiFi 2 numbers days of the week otherwise.
  init(strategy: String, period: String, isQuartz: Bool) {
    self = strategy == "CRON_DRIVEN" ? SixFieldCron(isQuartz: isQuartz).schedule(period) : Self.interval(period)
  }

  /// Whether NiFi triggers it all the time.
  static func isContinuous(strategy: String, period: String) -> Bool {
    strategy != "CRON_DRIVEN" && Units.duration(period) == .zero
  }

  private static func interval(_ period: String) -> SourceSchedule {
    guard let duration = Units.duration(period) else { return .unsayable("it is no duration") }
    guard duration >= .seconds(1), duration.wholeMilliseconds % 1000 == 0 else { return .unsayable("`every` has whole seconds, at least one") }
    return .every(Units.text(of: duration))
  }

  /// As a flow file has it; nil: it has none.
  var yaml: String? {
    switch self {
    case .every(let duration): "{ every: \(YAMLText.scalar(duration)) }"
    case .cron(let fields, _): "{ cron: \(YAMLText.scalar(fields)), zone: UTC }"
    case .unsayable: nil
    }
  }
}

/// Cron with a field of seconds first, as NiFi has it: what can be said exactly in five fields, or in seconds.
struct SixFieldCron {
  let isQuartz: Bool

  private struct Field {
    var name: String
    /// The highest value, at which `5/10` ends.
    var highest: Int
    var lowest = 0
    var names: [String] = []
  }

  private struct Problem: Error { var reason: String }

  private static let fields = [
    Field(name: "minutes", highest: 59), Field(name: "hours", highest: 23), Field(name: "days of month", highest: 31, lowest: 1),
    Field(name: "months", highest: 12, lowest: 1, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
    // Quartz counts from 1.
    Field(name: "days of week", highest: 7, lowest: 1, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
  ]
  private static let macros = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]

  func schedule(_ text: String) -> SourceSchedule {
    if Self.macros.contains(text), !isQuartz { return .cron(text, hasClock: true) }
    let words = text.split(whereSeparator: \.isWhitespace).map { $0.uppercased() }
    guard words.count == 6 || words.count == 7 else { return .unsayable("it has \(words.count) fields; expected six or seven") }
    guard words.count == 6 || words[6] == "*" || words[6] == "?" else { return .unsayable("cron has no field for years") }
    let rest = words[1...5].map { $0 == "?" ? "*" : $0 }
    do throws(Problem) {
      guard Int(words[0]) == 0 else { return try seconds(words[0], rest) }
      guard rest[2] == "*" || rest[4] == "*" else {
        return .unsayable("days of month and of week are both restricted: NiFi wants both, cron one of them")
      }
      var translated: [String] = []
      for (field, word) in zip(Self.fields, rest) { translated.append(try translate(word, field)) }
      return .cron(translated.joined(separator: " "), hasClock: rest.dropFirst() != ["*", "*", "*", "*"])
    } catch {
      return .unsayable(error.reason)
    }
  }

  /// Steps through every minute are an interval from the whole minute on.
  private func seconds(_ word: String, _ rest: [String]) throws(Problem) -> SourceSchedule {
    let parts = word.split(separator: "/", omittingEmptySubsequences: false)
    let step = word == "*" ? 1 : parts.count == 2 && ["*", "0"].contains(parts[0]) ? Int(parts[1]) ?? 0 : 0
    guard step > 0, step < 60, 60 % step == 0, rest.allSatisfy({ $0 == "*" }) else { throw Problem(reason: "cron has no field for seconds") }
    return .every("\(step)s")
  }

  private func translate(_ word: String, _ field: Field) throws(Problem) -> String {
    var items: [String] = []
    for item in word.split(separator: ",", omittingEmptySubsequences: false) { items += try translate(item: String(item), field) }
    return items.joined(separator: ",")
  }

  private func translate(item: String, _ field: Field) throws(Problem) -> [String] {
    let isWeek = field.name == "days of week"
    let halves = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard halves.count <= 2 else { throw unknown(item, field) }
    var step: Int?
    if halves.count == 2 {
      guard let number = Int(halves[1]), (1...59).contains(number) else { throw unknown(item, field) }
      step = number
    }
    let suffix = step.map { "/\($0)" } ?? ""
    if halves[0] == "*" || halves[0].isEmpty && step != nil {
      // NiFi 2 steps from Monday on.
      if isWeek, let step, step > 1, !isQuartz { throw Problem(reason: "steps through days of the week begin on Sunday in NiFi 1.x, on Monday in NiFi 2") }
      return ["*" + suffix]
    }
    let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard ends.count <= 2 else { throw unknown(item, field) }
    let first = try value(ends[0], field, in: item)
    guard ends.count == 2 || step != nil else { return [text(first, field)] }
    let last = ends.count == 2 ? try value(ends[1], field, in: item) : field.highest
    if first <= last { return ["\(text(first, field))-\(text(last, field))" + suffix] }
    // A range over the end of the day, the year or the week. Its steps go on from where they were.
    let span = field.highest - field.lowest + 1
    return stride(from: first, through: last + span, by: step ?? 1).map { text(field.lowest + ($0 - field.lowest) % span, field) }
  }

  private func value(_ text: String, _ field: Field, in item: String) throws(Problem) -> Int {
    if let place = field.names.firstIndex(of: text) { return field.lowest + place }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), (field.lowest...field.highest).contains(number) else {
      throw unknown(item, field)
    }
    if field.name == "days of week", !isQuartz { throw Problem(reason: "'\(Quote.short(item))' is one day of the week in NiFi 1.x and another in NiFi 2: give its name, such as MON") }
    return number
  }

  /// Days of the week by name: their numbers mean something else here.
  private func text(_ value: Int, _ field: Field) -> String {
    field.name == "days of week" ? field.names[value - 1] : String(value)
  }

  private func unknown(_ item: String, _ field: Field) -> Problem {
    Problem(reason: "cron has no '\(Quote.short(item))' for \(field.name)")
  }
}
