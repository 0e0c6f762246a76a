/// A date pattern in the syntax of Java's `DateTimeFormatter`, for the US locale.
struct DatePattern: Sendable {
  /// The style of names.
  enum TextStyle: Int, Sendable { case full, short, narrow }

  /// When a number has a sign.
  enum Sign: Sendable { case normal, exceedingPad, notNegative }

  /// A number in a pattern, with the digits reserved for adjacent numbers that follow.
  struct NumberItem: Sendable {
    let field: DateField
    let minimum: Int
    let maximum: Int
    let sign: Sign
    /// Two digits that stand for 2000 to 2099.
    var isReduced = false
    /// The number of digits of adjacent numbers that follow; -1 if its own width is fixed by its neighbours.
    var following = 0

    var isFixedWidth: Bool { minimum == maximum && sign == .notNegative }
  }

  /// Literal text, prepared for printing and parsing.
  struct Literal: Sendable {
    let bytes: [UInt8]
    let units: [UInt16]

    init(_ text: String) {
      bytes = Array(text.utf8)
      units = Array(text.utf16)
    }
  }

  indirect enum Item: Sendable {
    case literal(Literal)
    case number(NumberItem)
    /// The number of digits of the fraction of a second.
    case fraction(Int)
    case text(DateField, TextStyle)
    case zoneIdentifier
    case zoneName(isLong: Bool)
    case localizedOffset(isFull: Bool)
    case offset(OffsetText.Style, zero: String)
    case optional([Item])
    case padded(Int, Item)
  }

  let items: [Item]
  /// Whether parsing is more tolerant than printing: case, widths, names instead of numbers.
  let isLenient: Bool
  /// The pattern as written.
  let text: String

  /// - Throws: `ExpressionProblem` for letters that Java does not know or does not allow in that number.
  init(_ text: String, isLenient: Bool) throws(ExpressionProblem) {
    var parser = DatePatternParser(text)
    items = try parser.parse()
    self.isLenient = isLenient
    self.text = text
  }

  /// A built-in pattern; traps if it is invalid.
  init(constant text: String, isLenient: Bool) {
    do { self = try DatePattern(text, isLenient: isLenient) } catch {
      preconditionFailure("the built-in date pattern \(text) is wrong: \(error.expected)")
    }
  }

  /// For `toDate` and `format`, which NiFi parses leniently.
  static func lenient(_ text: String) throws(ExpressionProblem) -> DatePattern { try DatePattern(text, isLenient: true) }

  /// For `toInstant` and `formatInstant`.
  static func strict(_ text: String) throws(ExpressionProblem) -> DatePattern { try DatePattern(text, isLenient: false) }
}
