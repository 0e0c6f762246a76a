/// Parses a date pattern.
struct DatePatternParser {
  typealias Item = DatePattern.Item

  private let letters: [Unicode.Scalar]
  private var position = 0
  /// The items of the open optional sections, innermost last.
  private var levels: [[Item]] = [[]]
  /// The index of the number that leads a sequence of adjacent numbers.
  private var leader: Int?

  init(_ text: String) {
    letters = Array(text.unicodeScalars)
  }

  mutating func parse() throws(ExpressionProblem) -> [Item] {
    while position < letters.count {
      let letter = letters[position]
      switch letter {
      case "a"..."z", "A"..."Z": try field(letter, count: run(of: letter))
      case "'": try quoted()
      case "[":
        levels.append([])
        leader = nil
        position += 1
      case "]": try closeOptional()
      case "{", "}", "#": throw ExpressionProblem.unsuitable(expected: "a date pattern without '\(letter)' outside of quotes")
      default:
        literal(String(letter))
        position += 1
      }
    }
    while levels.count > 1 { try closeOptional(atEnd: true) }
    return levels[0]
  }

  private mutating func closeOptional(atEnd: Bool = false) throws(ExpressionProblem) {
    guard levels.count > 1 else { throw ExpressionProblem.unsuitable(expected: "a date pattern with '[' before ']'") }
    let items = levels.removeLast()
    append(.optional(items))
    if !atEnd { position += 1 }
  }

  private mutating func quoted() throws(ExpressionProblem) {
    var text = String.UnicodeScalarView()
    position += 1
    while position < letters.count {
      if letters[position] == "'" {
        position += 1
        guard position < letters.count, letters[position] == "'" else {
          return literal(text.isEmpty ? "'" : String(text))
        }
      }
      text.append(letters[position])
      position += 1
    }
    throw ExpressionProblem.unsuitable(expected: "a date pattern with closed quotes")
  }

  private mutating func run(of letter: Unicode.Scalar) -> Int {
    let count = letters[position...].prefix { $0 == letter }.count
    position += count
    return count
  }

  private mutating func literal(_ text: String) { append(.literal(DatePattern.Literal(text))) }

  private mutating func append(_ item: Item) {
    levels[levels.count - 1].append(item)
    leader = nil
  }

  /// Appends a number; adjacent numbers of fixed width reserve their digits in the leading one.
  private mutating func number(_ item: DatePattern.NumberItem) {
    var item = item
    let level = levels.count - 1
    let index = levels[level].count
    guard let leader, case .number(var first) = levels[level][leader] else {
      levels[level].append(.number(item))
      self.leader = index
      return
    }
    if item.isFixedWidth {
      first.following += item.maximum
      item.following = -1
    } else {
      first.following = -1
      self.leader = index
    }
    levels[level][leader] = .number(first)
    levels[level].append(.number(item))
  }

  private mutating func plain(_ field: DateField) {
    number(DatePattern.NumberItem(field: field, minimum: 1, maximum: 19, sign: .normal))
  }

  private mutating func fixed(_ field: DateField, _ width: Int) {
    number(DatePattern.NumberItem(field: field, minimum: width, maximum: width, sign: .notNegative))
  }

  private func check(_ letter: Unicode.Scalar, _ count: Int, atMost limit: Int) throws(ExpressionProblem) {
    guard count <= limit else {
      throw ExpressionProblem.unsuitable(expected: "a date pattern with at most \(limit) '\(letter)' in a row")
    }
  }

  private mutating func field(_ letter: Unicode.Scalar, count: Int) throws(ExpressionProblem) {
    switch letter {
    case "y": year(.yearOfEra, count)
    case "u": year(.year, count)
    case "Y": year(.weekBasedYear, count)
    case "M", "L": try numberOrText(letter, .month, count)
    case "Q", "q": try numberOrText(letter, .quarter, count)
    case "e", "c": try localizedDay(letter, count)
    case "E":
      try check(letter, count, atMost: 5)
      append(.text(.dayOfWeek, count <= 3 ? .short : count == 4 ? .full : .narrow))
    case "G":
      try check(letter, count, atMost: 5)
      append(.text(.era, count <= 3 ? .short : count == 4 ? .full : .narrow))
    case "a":
      try check(letter, count, atMost: 1)
      append(.text(.amPm, .short))
    case "S":
      try check(letter, count, atMost: 9)
      fraction(count)
    case "D":
      try check(letter, count, atMost: 3)
      if count == 1 {
        plain(.dayOfYear)
      } else {
        number(DatePattern.NumberItem(field: .dayOfYear, minimum: count, maximum: 3, sign: .notNegative))
      }
    case "A", "n", "N":
      let field: DateField = letter == "A" ? .millisecondOfDay : letter == "n" ? .nanosecond : .nanosecondOfDay
      number(DatePattern.NumberItem(field: field, minimum: min(count, 19), maximum: 19, sign: .notNegative))
    case "g":
      number(DatePattern.NumberItem(field: .modifiedJulianDay, minimum: min(count, 19), maximum: 19, sign: .normal))
    case "W", "F":
      try check(letter, count, atMost: 1)
      plain(letter == "W" ? .weekOfMonth : .alignedWeekOfMonth)
    case "p": try padded(count)
    default:
      if let field = DatePatternParser.twoDigitFields[letter] {
        try check(letter, count, atMost: 2)
        if count == 1 { plain(field) } else { fixed(field, 2) }
      } else {
        try zone(letter, count)
      }
    }
  }

  private static let twoDigitFields: [Unicode.Scalar: DateField] = [
    "d": .day, "H": .hour, "k": .clockHour, "K": .hourOfAmPm, "h": .clockHourOfAmPm, "m": .minute, "s": .second,
    "w": .weekOfYear,
  ]

  private mutating func year(_ field: DateField, _ count: Int) {
    if count == 2 {
      var item = DatePattern.NumberItem(field: field, minimum: 2, maximum: 2, sign: .notNegative)
      item.isReduced = true
      number(item)
    } else {
      let sign: DatePattern.Sign = count < 4 ? .normal : .exceedingPad
      number(DatePattern.NumberItem(field: field, minimum: min(count, 19), maximum: 19, sign: sign))
    }
  }

  private mutating func numberOrText(
    _ letter: Unicode.Scalar, _ field: DateField, _ count: Int
  ) throws(ExpressionProblem) {
    try check(letter, count, atMost: 5)
    switch count {
    case 1: plain(field)
    case 2: fixed(field, 2)
    case 3: append(.text(field, .short))
    case 4: append(.text(field, .full))
    default: append(.text(field, .narrow))
    }
  }

  private mutating func localizedDay(_ letter: Unicode.Scalar, _ count: Int) throws(ExpressionProblem) {
    if letter == "c", count == 2 { throw ExpressionProblem.unsuitable(expected: "a date pattern without 'cc'") }
    try numberOrText(letter, .localizedDayOfWeek, count)
  }

  /// Appends a fraction, which has a fixed width directly after a number, like other numbers.
  private mutating func fraction(_ digits: Int) {
    let level = levels.count - 1
    if let leader, case .number(var first) = levels[level][leader] {
      first.following += digits
      levels[level][leader] = .number(first)
      levels[level].append(.fraction(digits))
    } else {
      append(.fraction(digits))
    }
  }

  private mutating func zone(_ letter: Unicode.Scalar, _ count: Int) throws(ExpressionProblem) {
    switch (letter, count) {
    case ("V", 2): append(.zoneIdentifier)
    case ("z", 1...3), ("v", 1): append(.zoneName(isLong: false))
    case ("z", 4), ("v", 4): append(.zoneName(isLong: true))
    case ("O", 1), ("O", 4): append(.localizedOffset(isFull: count == 4))
    case ("Z", 4): append(.localizedOffset(isFull: true))
    case ("Z", 1...3): append(.offset(.init(minutes: .always, seconds: .never, hasColon: false), zero: "+0000"))
    case ("Z", 5): append(.offset(.init(minutes: .always, seconds: .whenNeeded, hasColon: true), zero: "Z"))
    case ("X", 1...5), ("x", 1...5):
      let style = OffsetText.Style(
        minutes: count == 1 ? .whenNeeded : .always, seconds: count > 3 ? .whenNeeded : .never,
        hasColon: count == 3 || count == 5)
      let zero = letter == "X" ? "Z" : count == 1 ? "+00" : style.hasColon ? "+00:00" : "+0000"
      append(.offset(style, zero: zero))
    default: throw ExpressionProblem.unsuitable(expected: "a date pattern without '\(String(repeating: String(letter), count: count))'")
    }
  }

  /// `ppH`: pads the next item with spaces to a width.
  private mutating func padded(_ width: Int) throws(ExpressionProblem) {
    guard position < letters.count, ("a"..."z").contains(letters[position]) || ("A"..."Z").contains(letters[position])
    else { throw ExpressionProblem.unsuitable(expected: "a date pattern with a letter after 'p'") }
    let letter = letters[position]
    levels.append([])
    leader = nil
    try field(letter, count: run(of: letter))
    let items = levels.removeLast()
    for item in items { append(.padded(width, item)) }
  }
}
