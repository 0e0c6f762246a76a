/// A date pattern in the letters of Java's `DateTimeFormatter`, for the locale of the United States.
struct DatePattern: Sendable {
  /// The length of names.
  enum TextStyle: Int, Sendable { case full, short, narrow }

  /// When a number carries a sign.
  enum Sign: Sendable { case normal, exceedingPad, notNegative }

  /// A number in a pattern, and how many digits it leaves to the numbers that follow without a break.
  struct NumberItem: Sendable {
    let field: DateField
    let minimum: Int
    let maximum: Int
    let sign: Sign
    /// Two digits that stand for 2000 to 2099.
    var isReduced = false
    /// Digits of the numbers that follow directly; -1 when the width is fixed because of its neighbours.
    var following = 0

    var isFixedWidth: Bool { minimum == maximum && sign == .notNegative }
  }

  /// Text that stands for itself, for writing and for reading.
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
    /// So many digits of the fraction of a second.
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
  /// Whether reading forgives what writing would not do: case, widths, names in place of numbers.
  let isLenient: Bool
  /// As it was written.
  let text: String

  /// - Throws: for letters Java does not know or does not allow so often.
  init(_ text: String, isLenient: Bool) throws(Mismatch) {
    var parser = DatePatternParser(text)
    items = try parser.parse()
    self.isLenient = isLenient
    self.text = text
  }

  /// A pattern of ours.
  init(constant text: String, isLenient: Bool) {
    do { self = try DatePattern(text, isLenient: isLenient) } catch {
      preconditionFailure("the built-in date pattern \(text) is wrong: \(error.expected)")
    }
  }

  /// For `toDate` and `format`: NiFi reads these leniently.
  static func lenient(_ text: String) throws(Mismatch) -> DatePattern { try DatePattern(text, isLenient: true) }

  /// For `toInstant` and `formatInstant`.
  static func strict(_ text: String) throws(Mismatch) -> DatePattern { try DatePattern(text, isLenient: false) }
}
