/// A compiled part of an expression, with its static type.
struct Operand: Sendable {
  /// The computation of the value, by type.
  enum Form: Sendable {
    case text(Compute<String?>)
    case boolean(Compute<Bool?>)
    case whole(Compute<Int64?>)
    case decimal(Compute<Double?>)
    /// Whole number or decimal, known only at run time.
    case number(Compute<JavaNumber?>)
    /// Milliseconds since 1970.
    case date(Compute<Int64?>)
    case instant(Compute<JavaInstant?>)
  }

  let form: Form
  /// The text, if it is constant.
  var literal: String?
  /// The attribute's name, if this is a bare reference with a literal name.
  var attributeName: String?
  /// Whether this is a bare attribute reference, which a preceding `$$` escapes.
  var isAttribute = false
  /// The attributes or values over which a chain iterates, until the expression ends and they are combined.
  var selection: Selection?
  /// How `count` or `join` combines the values; no function may follow them.
  var reduction: Reduction?

  init(_ form: Form) {
    self.form = form
  }

  static func text(_ compute: @escaping Compute<String?>) -> Operand { Operand(.text(compute)) }
  static func boolean(_ compute: @escaping Compute<Bool?>) -> Operand { Operand(.boolean(compute)) }
  static func whole(_ compute: @escaping Compute<Int64?>) -> Operand { Operand(.whole(compute)) }
  static func decimal(_ compute: @escaping Compute<Double?>) -> Operand { Operand(.decimal(compute)) }
  static func number(_ compute: @escaping Compute<JavaNumber?>) -> Operand { Operand(.number(compute)) }
  static func date(_ compute: @escaping Compute<Int64?>) -> Operand { Operand(.date(compute)) }
  static func instant(_ compute: @escaping Compute<JavaInstant?>) -> Operand { Operand(.instant(compute)) }

  /// A constant text.
  static func literal(_ text: String) -> Operand {
    var operand = Operand.text { _ in text }
    operand.literal = text
    return operand
  }

  var type: ExpressionResultType {
    switch form {
    case .text: .string
    case .boolean: .boolean
    case .whole: .wholeNumber
    case .decimal: .decimal
    case .number: .number
    case .date: .date
    case .instant: .instant
    }
  }
}

/// A whole number or a decimal.
enum JavaNumber: Sendable, Equatable {
  case whole(Int64)
  case decimal(Double)

  /// Like Java's `longValue`: truncates towards zero, clamps to 64 bits, 0 for NaN.
  var whole: Int64 {
    switch self {
    case .whole(let value): value
    case .decimal(let value): Int64(javaLong: value)
    }
  }

  var decimal: Double {
    switch self {
    case .whole(let value): Double(value)
    case .decimal(let value): value
    }
  }

  var text: String {
    switch self {
    case .whole(let value): String(value)
    case .decimal(let value): JavaDecimal.text(value)
    }
  }
}

extension Int64 {
  /// Like Java's cast from `double`: truncates towards zero, clamps to 64 bits, 0 for NaN.
  init(javaLong value: Double) {
    if value.isNaN {
      self = 0
    } else if value >= 0x1p63 {
      self = .max
    } else if value < -0x1p63 {
      self = .min
    } else {
      self = Int64(value)
    }
  }
}

/// Several values over which a chain iterates.
struct Selection: Sendable {
  /// Whether one or all values must be true.
  enum Quantifier: Sendable { case any, all }

  let quantifier: Quantifier
  /// The function that selected the values.
  let name: String
  /// Never empty: without any values, NiFi evaluates the chain once for null.
  let values: Compute<[String?]>
}

/// How `count` and `join` combine the values.
enum Reduction: Sendable {
  case text(@Sendable (Evaluation, [String?]) throws(EvaluationError) -> String?)
  case whole(@Sendable (Evaluation, [String?]) throws(EvaluationError) -> Int64?)
}
