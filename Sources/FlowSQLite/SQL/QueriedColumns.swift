import FlowCore

/// How records are kept in a database in memory, and how their values come back.
///
/// SQLite has neither truth values nor objects, and a number has no digits there: 1.10 and 1.1 are one. What a column stores for such a value is a
/// form, from which the value is found again where a query only selects it. The declared type tells a result's column which one it is.
struct QueriedColumns {
  /// BLOB: an affinity that converts nothing.
  private static let declaration = "FLOWRUN_BLOB_"

  private let columns: [QueriedColumn]
  /// Whole numbers beyond 64 bits, by the nearest that SQLite has.
  private var wholes: [Double: String] = [:]

  /// - Throws: `ProcessorError` (`bad_data`) if SQLite could not tell two of the numbers apart.
  init(_ records: DataTable) throws(ProcessorError) {
    columns = records.columns.enumerated().map { place, name in QueriedColumn(name, records.rows.lazy.map { $0[place] }) }
    for (number, row) in records.rows.enumerated() {
      for (value, name) in zip(row, records.columns) {
        guard case .number(let text) = value, case .real(let nearest) = SQLiteValue(number: text), Self.isWhole(text) else { continue }
        guard wholes.updateValue(text, forKey: nearest) ?? text == text else {
          throw ProcessorError(
            .badData,
            "field '\(name)' of record \(number + 1) has a whole number of more than 64 bits, which SQL cannot tell from another one of the records; expected texts, in quotes")
        }
      }
    }
  }

  private static func isWhole(_ number: String) -> Bool {
    number.utf8.allSatisfy { $0 == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  /// What the column at a place is declared as.
  func declaration(of place: Int) -> String { Self.declaration + String(place) }

  /// The column that a result's column is; nil for an expression.
  func column(declaredAs declaration: UnsafePointer<CChar>?) -> QueriedColumn? {
    guard let text = declaration.map({ String(cString: $0) }), text.hasPrefix(Self.declaration), let place = Int(text.dropFirst(Self.declaration.count)) else { return nil }
    return columns.indices.contains(place) ? columns[place] : nil
  }

  /// Whether what an expression such as max() gives may be one of the records' whole numbers beyond 64 bits, or something computed of it, whose last
  /// digits are lost.
  func isRounded(_ value: SQLiteValue) -> Bool {
    guard case .real(let number) = value else { return false }
    return wholes[number] != nil
  }
}

/// A column of records.
struct QueriedColumn {
  private enum Form {
    /// The only value that is stored so.
    case of(DataValue)
    /// There are several: the numbers of two records with different ones.
    case several(Int, Int)
  }

  private let name: String
  /// What is not what it looks like, by what is stored for it.
  private var forms: [SQLiteValue: Form] = [:]

  init(_ name: String, _ values: some Collection<DataValue>) {
    self.name = name
    var firsts: [SQLiteValue: Int] = [:]
    for (place, value) in values.enumerated() where value != .null && value != .absent {
      let stored = Self.stored(value)
      guard stored.dataValue != value else { continue }
      if case .of(let other)? = forms[stored], other != value {
        forms[stored] = .several(firsts[stored, default: place] + 1, place + 1)
      } else if forms[stored] == nil {
        forms[stored] = .of(value)
        firsts[stored] = place
      }
    }
    if forms.isEmpty { return }
    for (place, value) in values.enumerated() {
      let stored = Self.stored(value)
      if stored.dataValue == value, case .of? = forms[stored] { forms[stored] = .several(firsts[stored, default: place] + 1, place + 1) }
    }
  }

  /// What SQL sees of a value: truth values as 1 and 0, numbers as the nearest of 64 bits, objects and lists as texts.
  static func stored(_ value: DataValue) -> SQLiteValue {
    switch value {
    case .absent, .null: .null
    case .boolean(let isTrue): .integer(isTrue ? 1 : 0)
    case .number(let text): SQLiteValue(number: text)
    case .text(let text), .json(let text): .text(text)
    }
  }

  /// The record's value. Throws `ProcessorError` (`bad_data`) if records have different ones for what is stored.
  func restored(_ stored: SQLiteValue) throws(ProcessorError) -> DataValue? {
    switch forms[stored] {
    case nil: return nil
    case .of(let value)?: return value
    case .several(let first, let second)?:
      throw ProcessorError(
        .badData,
        "field '\(name)' of records \(first) and \(second) has one value for SQL but two notations, such as 1.1 and 1.10 or 1 and true; "
          + "expected one notation, texts in quotes, or a query that computes the number: \(quoted(name)) + 0 AS \(quoted(name))")
    }
  }
}
