import FlowBase
import FlowCore

/// What a column makes of values, by its declared type: SQLite's rules of affinity (https://www.sqlite.org/datatype3.html), made strict.
///
/// SQLite converts what it is given, and rounds or rewrites where that does not work out. Here a value is either bound so that it is stored as what it
/// is, or refused, as PostgreSQL does.
struct SQLiteColumnType: Equatable {
  private enum Kind: Equatable {
    /// Affinity TEXT: everything is its text.
    case text
    /// Affinity REAL: floating point, the nearest to what is written.
    case real
    /// Affinity INTEGER, and NUMERIC of a column that is declared for numbers (NUMERIC, DECIMAL, MONEY): what is equal in value.
    case number
    case boolean
    /// Affinity NUMERIC by default, such as DATE, JSON or the STRING that SQLite does not know: what looks like a number becomes one. So a number is
    /// what is equal in value, and a text only what is written as now.
    case numeric
    case blob
    /// Without a type.
    case any
  }

  private let kind: Kind
  private let declaration: String

  /// - Parameters:
  ///   - declaration: as the table's definition has it; empty: none.
  ///   - isStrict: whether the table is a STRICT one, whose ANY converts nothing.
  init(_ declaration: String, isStrict: Bool) {
    self.declaration = declaration
    let name = declaration.uppercased()
    func has(_ parts: String...) -> Bool { parts.contains { name.contains($0) } }
    // In the order of SQLite's rules: the first that fits counts.
    kind =
      if name.isEmpty || isStrict && name == "ANY" { .any }
      else if has("INT") { .number }
      else if has("CHAR", "CLOB", "TEXT") { .text }
      else if has("BLOB") { .blob }
      else if has("REAL", "FLOA", "DOUB") { .real }
      else if has("BOOL") { .boolean }
      else if has("NUM", "DEC", "MONEY") { .number }
      else { .numeric }
  }

  /// The failure of a value that cannot be stored. Its words name no value: those of a trial are not for messages.
  typealias Refusal = (_ found: String, _ expected: String) -> ProcessorError

  /// The value to bind, for which the column's affinity changes nothing. Throws what `refused` makes.
  func stored(_ value: DataValue, _ refused: Refusal) throws(ProcessorError) -> SQLiteValue {
    switch value {
    case .absent, .null: return .null
    case .boolean(let isTrue): return try stored(isTrue, refused)
    case .number(let text): return try storedNumber(text, refused)
    case .text(let text), .json(let text): return try storedText(text, refused)
    }
  }

  private func stored(_ isTrue: Bool, _ refused: Refusal) throws(ProcessorError) -> SQLiteValue {
    switch kind {
    case .text: return .text(isTrue ? "true" : "false")
    case .numeric: throw refused("a truth value, which SQLite would store as a number", "a column declared BOOLEAN or TEXT")
    case .real, .number, .boolean, .blob, .any: return .integer(isTrue ? 1 : 0)
    }
  }

  private func storedNumber(_ text: String, _ refused: Refusal) throws(ProcessorError) -> SQLiteValue {
    switch kind {
    case .text: return .text(text)
    case .real: return try real(text, refused)
    case .number, .boolean, .numeric, .blob, .any: return try exact(text, refused)
    }
  }

  private func storedText(_ text: String, _ refused: Refusal) throws(ProcessorError) -> SQLiteValue {
    switch kind {
    case .text, .any: return .text(text)
    case .blob: return Self.bytes(text).map { .blob($0) } ?? .text(text)
    case .numeric:
      guard let value = try unchanged(text, refused) else { return .text(text) }
      return value
    case .boolean where ["true", "false"].contains(text.lowercased()): return .integer(text.lowercased() == "true" ? 1 : 0)
    case .real where text == "Infinity" || text == "-Infinity": return .real(text == "Infinity" ? .infinity : -.infinity)
    case .real, .number, .boolean:
      guard DecimalText(text) != nil else { throw refused("a text that is no number", kind == .boolean ? "true or false" : "a number, or a column declared TEXT") }
      return try kind == .real ? real(text, refused) : exact(text, refused)
    }
  }

  private func real(_ text: String, _ refused: Refusal) throws(ProcessorError) -> SQLiteValue {
    let text = DecimalText.trimmed(text)
    guard let number = Double(text), number.isFinite, number != 0 || DecimalText(text)?.isZero == true else {
      throw refused("a number beyond the range of floating point", "one between -1.8e308 and 1.8e308, or a column declared TEXT")
    }
    return .real(number)
  }

  private func exact(_ text: String, _ refused: Refusal) throws(ProcessorError) -> SQLiteValue {
    let text = DecimalText.trimmed(text), decimal = DecimalText(text), value = SQLiteValue(number: text)
    if case .real(let number) = value, !number.isFinite || DecimalText(number.description) != decimal {
      throw refused(
        "a number of \(decimal?.length ?? 0) significant digits, which SQLite would round",
        "a whole number of at most 64 bits, a number of at most 15 digits, or a column declared TEXT")
    }
    return value
  }

  /// nil for what SQLite does not take for a number. Throws for a number that would be written otherwise than now.
  private func unchanged(_ text: String, _ refused: Refusal) throws(ProcessorError) -> SQLiteValue? {
    guard DecimalText(text) != nil else { return nil }
    var value = SQLiteValue(number: DecimalText.trimmed(text))
    // The affinity makes whole numbers of those that are.
    if case .real(let number) = value, let whole = Int64(exactly: number) { value = .integer(whole) }
    guard case .number(text) = value.dataValue else {
      throw refused("a value that SQLite would store as a number and write otherwise, such as the text 1.10 as 1.1", "a column declared TEXT for texts, or DECIMAL for numbers")
    }
    return value
  }

  /// What `\x` and hexadecimal digits stand for, as a query writes binary values; nil for anything else.
  private static func bytes(_ text: String) -> [UInt8]? { text.hasPrefix("\\x") ? Hexadecimal.bytes(text.dropFirst(2)) : nil }

  /// As messages name it.
  var name: String { declaration.isEmpty ? "without a type" : declaration }
}
