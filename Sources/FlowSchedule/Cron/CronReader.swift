import FlowBase

/// Reads a cron expression and collects its problems.
struct CronReader {
  private struct Word {
    var text: [Unicode.Scalar]
    /// Of its first character.
    var offset: Int
    var string: String { String(String.UnicodeScalarView(text)) }

    /// The parts between separators, with their places; empty parts are kept.
    func split(_ separator: Unicode.Scalar) -> [Word] {
      var parts = [Word(text: [], offset: offset)]
      for (index, scalar) in text.enumerated() {
        if scalar == separator { parts.append(Word(text: [], offset: offset + index + 1)) } else { parts[parts.count - 1].text.append(scalar) }
      }
      return parts
    }
  }

  private static let shortForms = [
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0", "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
  ]
  private static let shape = "five fields: minute, hour, day of month, month, day of week, such as 0 */2 * * *"

  private let words: [Word]
  private(set) var problems: [CronProblem] = []

  init(_ text: String) {
    var words: [Word] = []
    var isInside = false
    for (offset, scalar) in text.unicodeScalars.enumerated() {
      let isBlank = scalar == " " || scalar == "\t" || scalar == "\n"
      if !isBlank, !isInside { words.append(Word(text: [], offset: offset)) }
      if !isBlank { words[words.count - 1].text.append(scalar) }
      isInside = !isBlank
    }
    self.words = words
  }

  /// nil if there are problems.
  mutating func expression() -> CronExpression? {
    if let first = words.first, first.text.first == "@" { return shortForm(first) }
    guard words.count == CronField.all.count else {
      report(words.count > 5 ? words[5].offset : 0, found: countWords, expected: Self.shape, hint: countHint)
      return nil
    }
    var values: [CronField.Values] = []
    for (word, field) in zip(words, CronField.all) { values.append(read(word, field)) }
    guard problems.isEmpty else { return nil }
    let expression = CronExpression(
      text: words.map(\.string).joined(separator: " "), minutes: values[0], hours: values[1], daysOfMonth: values[2], months: values[3],
      daysOfWeek: values[4])
    guard expression.hasDay else {
      report(
        words[2].offset, found: "no month that is named has a day '\(words[2].string)', so it is never due",
        expected: "a day that one of the months has")
      return nil
    }
    return expression
  }

  private var countWords: String { words.isEmpty ? "it is empty" : "\(words.count == 1 ? "1 field" : "\(words.count) fields")" }
  private var countHint: String? {
    words.count == 6 || words.count == 7 ? "seconds and years have no field: leave them out" : nil
  }

  private mutating func shortForm(_ word: Word) -> CronExpression? {
    let names = Self.shortForms.keys.sorted()
    guard words.count == 1, let text = Self.shortForms[word.string.lowercased()] else {
      let isAlone = words.count == 1
      report(
        isAlone ? word.offset : words[1].offset, found: isAlone ? "'\(word.string)'" : "text after '\(word.string)'",
        expected: isAlone ? "one of \(names.joined(separator: ", ")), or five fields" : "a short form alone, or five fields",
        hint: isAlone ? NearestName.hint(for: word.string, among: names) : nil)
      return nil
    }
    var reader = CronReader(text)
    return reader.expression().map { CronExpression(renaming: $0, to: word.string) }
  }

  // MARK: Fields

  private mutating func read(_ word: Word, _ field: CronField) -> CronField.Values {
    var values = CronField.Values()
    values.isStar = word.text.first == "*"
    for element in word.split(",") {
      guard let (range, step) = range(element, field) else { continue }
      for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
        // Sunday is 0 and 7.
        values.insert(field.names.count == 7 ? value % 7 : value)
      }
    }
    return values
  }

  /// nil after a report.
  private mutating func range(_ element: Word, _ field: CronField) -> (ClosedRange<Int>, step: Int)? {
    let parts = element.split("/")
    guard parts.count <= 2 else { return refuse(parts[2], field, "a second step '/\(parts[2].string)'", "one step at most, such as */15") }
    let step = parts.count == 2 ? step(parts[1], field) : 1
    let ends = parts[0].split("-")
    if parts[0].string == "*" { return step.map { (field.wildcardRange, $0) } }
    guard ends.count <= 2 else { return refuse(ends[2], field, "'\(parts[0].string)'", "a range of two values, such as \(field.exampleRange)") }
    let first = value(ends[0], field)
    guard ends.count == 2 else {
      guard let first, let step else { return nil }
      guard parts.count == 1 else {
        return refuse(
          element, field, "a step '\(element.string)' without a range", "a range before the step",
          hint: "\(first)-\(field.wildcardRange.upperBound)/\(step) begins at \(first)")
      }
      return (first...first, 1)
    }
    var last = value(ends[1], field)
    // A week that ends with SUN.
    if let from = first, from > 0, last == 0, field.names.count == 7, Int(ends[1].string) == nil { last = 7 }
    guard let first, let last, let step else { return nil }
    guard first <= last else {
      return refuse(
        ends[0], field, "the range '\(parts[0].string)' runs backwards", "the smaller value first",
        hint: "\(ends[0].string)-\(field.wildcardRange.upperBound),\(field.wildcardRange.lowerBound)-\(ends[1].string) goes around")
    }
    return (first...last, step)
  }

  private mutating func step(_ word: Word, _ field: CronField) -> Int? {
    let longest = field.wildcardRange.upperBound
    guard let step = number(word), (1...longest).contains(step) else {
      return refuse(word, field, "the step \(quoted(word))", "a number from 1 to \(longest)")
    }
    return step
  }

  private mutating func value(_ word: Word, _ field: CronField) -> Int? {
    if let number = number(word), field.range.contains(number) { return number }
    if let index = field.names.firstIndex(of: word.string.uppercased()) { return field.range.lowerBound + index }
    return refuse(word, field, quoted(word), field.words, hint: hint(word, field))
  }

  private func hint(_ word: Word, _ field: CronField) -> String? {
    let text = word.string.uppercased()
    switch text {
    case "?": return "* matches every day"
    case "L": return field.name == "day of month" ? "the last day of a month has no sign here; 28-31 matches each of the last days" : nil
    case "*": return "'*' stands alone or before a step: */5"
    default: break
    }
    // MONDAY, JANUARY: the first three letters are the name.
    if text.count > 3, let name = field.names.first(where: { text.hasPrefix($0) }) { return "write \(name)" }
    return NearestName.hint(for: text, among: field.names)
  }

  private func quoted(_ word: Word) -> String { word.text.isEmpty ? "nothing" : "'\(word.string)'" }

  private func number(_ word: Word) -> Int? { word.text.count <= 4 ? decimal(Array(word.string.utf8)[...]) : nil }

  /// Reports; always nil.
  private mutating func refuse<Value>(_ word: Word, _ field: CronField, _ found: String, _ expected: String, hint: String? = nil) -> Value? {
    report(word.offset, found: "\(field.name): \(found)", expected: expected, hint: hint)
    return nil
  }

  private mutating func report(_ offset: Int, found: String, expected: String, hint: String? = nil) {
    problems.append(CronProblem(offset: offset, found: found, expected: expected, hint: hint))
  }
}

extension CronField {
  /// What `*` stands for: Sunday only once.
  fileprivate var wildcardRange: ClosedRange<Int> { names.count == 7 ? 0...6 : range }
  fileprivate var exampleRange: String { names.count > 1 ? "\(names[1])-\(names[4])" : "\(range.lowerBound)-\(range.lowerBound + 4)" }
}

extension CronExpression {
  fileprivate init(renaming other: CronExpression, to text: String) {
    self.init(
      text: text, minutes: other.minutes, hours: other.hours, daysOfMonth: other.daysOfMonth, months: other.months, daysOfWeek: other.daysOfWeek)
  }

  /// Whether the calendar has a day that matches. It repeats every 400 years.
  fileprivate var hasDay: Bool { nextDay(from: CivilDate(year: 2000, month: 1, day: 1)) != nil }
}
