/// A compiled part of an expression together with its type, which is known at load.
struct Operand: Sendable {
  /// How to compute the value, by type.
  enum Form: Sendable {
    case text(Compute<String?>)
    case boolean(Compute<Bool?>)
    case whole(Compute<Int64?>)
    case decimal(Compute<Double?>)
    /// Whole or decimal, known only at run time.
    case number(Compute<JavaNumber?>)
    /// Milliseconds since 1970.
    case date(Compute<Int64?>)
    case instant(Compute<JavaInstant?>)
  }

  let form: Form
  /// The text when it never changes.
  var literal: String?
  /// The attribute's name when this is a bare reference with a literal name.
  var attributeName: String?
  /// Whether this is a bare reference to an attribute: `$$` before it escapes.
  var isAttribute = false
  /// The attributes or values a chain goes through, until the expression ends and they are brought together.
  var selection: Selection?
  /// The way `count` or `join` bring the values together; nothing may follow them.
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

  /// A text that never changes.
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

/// A whole or a decimal number.
enum JavaNumber: Sendable, Equatable {
  case whole(Int64)
  case decimal(Double)

  /// As Java's `longValue`: towards zero, held within 64 bits, 0 for what is not a number.
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
  /// As a Java cast from `double`: towards zero, held within 64 bits, 0 for what is not a number.
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

/// Several values to be looked at one after the other.
struct Selection: Sendable {
  /// Whether one true value is enough, or all must be true.
  enum Quantifier: Sendable { case any, all }

  let quantifier: Quantifier
  /// The function that chose them.
  let name: String
  /// At least one entry: with nothing to look at, NiFi looks once at null.
  let values: Compute<[String?]>
}

/// What `count` and `join` do with the values.
enum Reduction: Sendable {
  case text(@Sendable (Evaluation, [String?]) throws(EvaluationError) -> String?)
  case whole(@Sendable (Evaluation, [String?]) throws(EvaluationError) -> Int64?)
}
