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
    guard strategy == "CRON_DRIVEN" else {
      self = Self.interval(period)
      return
    }
    var cron = SixFieldCron(isQuartz: isQuartz)
    self = cron.schedule(period)
  }

  /// Whether NiFi triggers it all the time.
  static func isContinuous(strategy: String, period: String) -> Bool {
    strategy != "CRON_DRIVEN" && NiFiUnits.duration(period) == .zero
  }

  private static func interval(_ period: String) -> SourceSchedule {
    guard let duration = NiFiUnits.duration(period) else { return .unsayable("it is no duration") }
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
  private struct Field {
    var name: String
    /// The highest value, at which `5/10` ends.
    var highest: Int
    var lowest = 0
    var names: [String] = []
  }

  private static let fields = [
    Field(name: "minutes", highest: 59), Field(name: "hours", highest: 23), Field(name: "days of month", highest: 31, lowest: 1),
    Field(name: "months", highest: 12, lowest: 1, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]),
    // Quartz counts from 1.
    Field(name: week, highest: 7, lowest: 1, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
  ]
  private static let week = "days of week"
  private static let macros = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]

  private let isQuartz: Bool
  /// Why the expression cannot be said; the first reason counts.
  private var reason: String?

  init(isQuartz: Bool) { self.isQuartz = isQuartz }

  mutating func schedule(_ text: String) -> SourceSchedule {
    if Self.macros.contains(text), !isQuartz { return .cron(text, hasClock: true) }
    let words = text.split(whereSeparator: \.isWhitespace).map { $0.uppercased() }
    guard words.count == 6 || words.count == 7 else { return .unsayable("it has \(words.count) fields; expected six or seven") }
    guard words.count == 6 || words[6] == "*" || words[6] == "?" else { return .unsayable("cron has no field for years") }
    let rest = words[1...5].map { $0 == "?" ? "*" : $0 }
    guard Int(words[0]) == 0 else { return seconds(words[0], rest) }
    guard rest[2] == "*" || rest[4] == "*" else {
      return .unsayable("days of month and of week are both restricted: NiFi wants both, cron one of them")
    }
    let translated = zip(Self.fields, rest).map { translate($1, $0) }
    if let reason { return .unsayable(reason) }
    return .cron(translated.joined(separator: " "), hasClock: rest.dropFirst() != ["*", "*", "*", "*"])
  }

  /// Steps through every minute are an interval from the whole minute on.
  private func seconds(_ word: String, _ rest: [String]) -> SourceSchedule {
    let parts = word.split(separator: "/", omittingEmptySubsequences: false)
    let step = word == "*" ? 1 : parts.count == 2 && ["*", "0"].contains(parts[0]) ? Int(parts[1]) ?? 0 : 0
    guard step > 0, step < 60, 60 % step == 0, rest.allSatisfy({ $0 == "*" }) else { return .unsayable("cron has no field for seconds") }
    return .every("\(step)s")
  }

  private mutating func translate(_ word: String, _ field: Field) -> String {
    var items: [String] = []
    for item in word.split(separator: ",", omittingEmptySubsequences: false) { items += translate(item: String(item), field) }
    return items.joined(separator: ",")
  }

  /// Empty after a problem.
  private mutating func translate(item: String, _ field: Field) -> [String] {
    let halves = item.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let step = halves.count == 2 ? Int(halves[1]) : nil
    guard halves.count == 1 || step.map((1...59).contains) == true else { return refuse(item, field) }
    let suffix = step.map { "/\($0)" } ?? ""
    if halves[0] == "*" || halves[0].isEmpty && step != nil {
      if field.name == Self.week, let step, step > 1, !isQuartz {
        return refuse("steps through days of the week begin on Sunday in NiFi 1.x, on Monday in NiFi 2")
      }
      return ["*" + suffix]
    }
    let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard ends.count <= 2, let first = value(ends[0], field, in: item), let last = ends.count == 2 ? value(ends[1], field, in: item) : field.highest else {
      return refuse(item, field)
    }
    guard ends.count == 2 || step != nil else { return [text(first, field)] }
    if ends.count == 1, first == field.lowest { return ["*" + suffix] }
    if first <= last { return ["\(text(first, field))-\(text(last, field))" + suffix] }
    // A range over the end of the day, the year or the week. Its steps go on from where they were.
    let span = field.highest - field.lowest + 1
    return stride(from: first, through: last + span, by: step ?? 1).map { text(field.lowest + ($0 - field.lowest) % span, field) }
  }

  /// nil: there is none, which may have been said.
  private mutating func value(_ text: String, _ field: Field, in item: String) -> Int? {
    if let place = field.names.firstIndex(of: text) { return field.lowest + place }
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), (field.lowest...field.highest).contains(number) else {
      return nil
    }
    if field.name == Self.week, !isQuartz {
      reason = reason ?? "'\(Quote.short(item))' is one day of the week in NiFi 1.x and another in NiFi 2: give its name, such as MON"
      return nil
    }
    return number
  }

  /// Days of the week by name: their numbers mean something else here.
  private func text(_ value: Int, _ field: Field) -> String {
    field.name == Self.week ? field.names[value - 1] : String(value)
  }

  private mutating func refuse(_ item: String, _ field: Field) -> [String] {
    refuse("cron has no '\(Quote.short(item))' for \(field.name)")
  }

  private mutating func refuse(_ words: String) -> [String] {
    reason = reason ?? words
    return []
  }
}
