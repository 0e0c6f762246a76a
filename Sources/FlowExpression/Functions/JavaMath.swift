import FlowBase
import Foundation

/// The methods of Java's `Math` available through `math`, selected by name and argument types.
enum JavaMath {
  /// `math('random')`, the only one without arguments.
  static func call(_ name: String, random: @Sendable () -> UInt64) throws(EvaluationError) -> JavaNumber {
    guard name == "random" else { throw unknown(name, "no argument") }
    return .decimal(Double(random() >> 11) * 0x1p-53)
  }

  static func call(_ name: String, _ value: JavaNumber) throws(EvaluationError) -> JavaNumber {
    switch value {
    case .whole(let value):
      guard let function = wholeFunctions[name] else { throw unknown(name, "a whole number") }
      guard let result = function(value) else { throw EvaluationError("'math' \(name) of \(value) overflows") }
      return .whole(result)
    case .decimal(let value):
      if let function = decimalFunctions[name] { return .decimal(function(value)) }
      switch name {
      case "round":
        let below = value.rounded(.down)
        return .whole(Int64(javaLong: value - below >= 0.5 ? below + 1 : below))
      case "getExponent": return .whole(exponent(value))
      default: throw unknown(name, "a decimal number")
      }
    }
  }

  static func call(_ name: String, _ value: JavaNumber, _ argument: JavaNumber) throws(EvaluationError) -> JavaNumber {
    switch (value, argument) {
    case (.decimal(let left), .decimal(let right)):
      guard let function = decimalPairs[name] else { throw unknown(name, "two decimal numbers") }
      return .decimal(function(left, right))
    case (.whole(let left), .whole(let right)):
      guard let function = wholePairs[name] else { throw unknown(name, "two whole numbers") }
      guard let result = function(left, right) else {
        throw EvaluationError("'math' \(name) of \(left) and \(right) has no result of 64 bits")
      }
      return .whole(result)
    case (.decimal(let left), .whole(let right)):
      guard name == "scalb" else { throw unknown(name, "a decimal and a whole number") }
      return .decimal(scalbn(left, Int(Int32(truncatingIfNeeded: right))))
    case (.whole, .decimal): throw unknown(name, "a whole and a decimal number")
    }
  }

  private static func unknown(_ name: String, _ types: String) -> EvaluationError {
    let known = Set(wholeFunctions.keys).union(decimalFunctions.keys).union(wholePairs.keys).union(decimalPairs.keys)
    let hint = known.contains(name) ? nil : NearestName.suggestion(for: name, among: known)
    return EvaluationError("'math' has no function '\(name)' for \(types)" + (hint.map { "; \($0)" } ?? ""))
  }

  private static func exponent(_ value: Double) -> Int64 {
    if value.isNaN || value.isInfinite { return 1024 }
    return value.isNormal ? Int64(value.exponent) : -1023
  }

  private static let wholeFunctions: [String: @Sendable (Int64) -> Int64?] = [
    "abs": { $0 == .min ? .min : Swift.abs($0) },
    "absExact": { $0 == .min ? nil : Swift.abs($0) },
    "negateExact": { $0 == .min ? nil : -$0 },
    "incrementExact": { $0 == .max ? nil : $0 + 1 },
    "decrementExact": { $0 == .min ? nil : $0 - 1 },
    "toIntExact": { Int32(exactly: $0).map(Int64.init) },
  ]

  private static let decimalFunctions: [String: @Sendable (Double) -> Double] = [
    "abs": { $0.magnitude }, "acos": { acos($0) }, "asin": { asin($0) }, "atan": { atan($0) }, "cbrt": { cbrt($0) },
    "ceil": { $0.rounded(.up) }, "cos": { cos($0) }, "cosh": { cosh($0) }, "exp": { exp($0) }, "expm1": { expm1($0) },
    "floor": { $0.rounded(.down) }, "log": { log($0) }, "log10": { log10($0) }, "log1p": { log1p($0) },
    "nextDown": { $0.nextDown }, "nextUp": { $0.nextUp }, "rint": { $0.rounded(.toNearestOrEven) },
    "signum": { $0 > 0 ? 1 : $0 < 0 ? -1 : $0 }, "sin": { sin($0) }, "sinh": { sinh($0) }, "sqrt": { $0.squareRoot() },
    "tan": { tan($0) }, "tanh": { tanh($0) }, "toDegrees": { $0 * (180 / .pi) }, "toRadians": { $0 * (.pi / 180) },
    "ulp": { $0.isInfinite ? .infinity : $0.magnitude.ulp },
  ]

  private static let decimalPairs: [String: @Sendable (Double, Double) -> Double] = [
    "atan2": { atan2($0, $1) }, "copySign": { Double(signOf: $1, magnitudeOf: $0) }, "hypot": { hypot($0, $1) },
    "IEEEremainder": { $0.remainder(dividingBy: $1) },
    "max": { $0.isNaN || $1.isNaN ? .nan : $0 == $1 ? ($0.sign == .plus ? $0 : $1) : Swift.max($0, $1) },
    "min": { $0.isNaN || $1.isNaN ? .nan : $0 == $1 ? ($0.sign == .minus ? $0 : $1) : Swift.min($0, $1) },
    "nextAfter": { nextafter($0, $1) }, "pow": { Double.power($0, $1) },
  ]

  private static let wholePairs: [String: @Sendable (Int64, Int64) -> Int64?] = [
    "max": { Swift.max($0, $1) }, "min": { Swift.min($0, $1) },
    "addExact": { exact($0.addingReportingOverflow($1)) },
    "subtractExact": { exact($0.subtractingReportingOverflow($1)) },
    "multiplyExact": { exact($0.multipliedReportingOverflow(by: $1)) },
    "divideExact": { $1 == 0 ? nil : exact($0.dividedReportingOverflow(by: $1)) },
    "floorDiv": { floorDivision($0, $1)?.quotient }, "floorMod": { floorDivision($0, $1)?.remainder },
    "ceilDiv": { ceilingDivision($0, $1)?.quotient }, "ceilMod": { ceilingDivision($0, $1)?.remainder },
    "multiplyHigh": { $0.multipliedFullWidth(by: $1).high },
    "unsignedMultiplyHigh": {
      Int64(bitPattern: UInt64(bitPattern: $0).multipliedFullWidth(by: UInt64(bitPattern: $1)).high)
    },
  ]

  private static func exact(_ result: (partialValue: Int64, overflow: Bool)) -> Int64? {
    result.overflow ? nil : result.partialValue
  }

  private static func floorDivision(_ left: Int64, _ right: Int64) -> (quotient: Int64, remainder: Int64)? {
    guard right != 0 else { return nil }
    let quotient = left.dividedReportingOverflow(by: right).partialValue
    let remainder = left.remainderReportingOverflow(dividingBy: right).partialValue
    let isLower = remainder != 0 && (remainder < 0) != (right < 0)
    return isLower ? (quotient - 1, remainder + right) : (quotient, remainder)
  }

  private static func ceilingDivision(_ left: Int64, _ right: Int64) -> (quotient: Int64, remainder: Int64)? {
    guard right != 0 else { return nil }
    let quotient = left.dividedReportingOverflow(by: right).partialValue
    let remainder = left.remainderReportingOverflow(dividingBy: right).partialValue
    let isHigher = remainder != 0 && (remainder < 0) == (right < 0)
    return isHigher ? (quotient + 1, remainder - right) : (quotient, remainder)
  }
}

extension Double {
  /// Like Java's `Math.pow`, which differs from C for the bases 1 and -1.
  fileprivate static func power(_ base: Double, _ exponent: Double) -> Double {
    if exponent == 0 { return 1 }
    if exponent.isNaN || base.isNaN { return .nan }
    if base.magnitude == 1, exponent.isInfinite { return .nan }
    return pow(base, exponent)
  }
}
