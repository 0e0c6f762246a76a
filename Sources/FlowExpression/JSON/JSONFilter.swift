import FlowPatterns

/// A condition on a value, between `[?(` and `)]`.
indirect enum JSONFilter: Sendable {
  case all([JSONFilter])
  case any([JSONFilter])
  case not(JSONFilter)
  case exists(Operand)
  case comparison(Operand, Comparison, Operand)

  /// One side of a comparison.
  enum Operand: Sendable {
    case path(JSONPathQuery)
    case value(JSONValue)
    case pattern(JavaPattern)
  }

  enum Comparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
    case matches = "=~"
    case isIn = "in"
    case isNotIn = "nin"
    case subsetOf = "subsetof"
    case anyOf = "anyof"
    case noneOf = "noneof"
    case contains
    case size
    case isEmpty = "empty"
  }

  /// Throws `PatternProblem` if a search takes too long.
  func holds(for value: JSONValue, in document: JSONValue) throws -> Bool {
    switch self {
    case .all(let filters): return try filters.allSatisfy { try $0.holds(for: value, in: document) }
    case .any(let filters): return try filters.contains { try $0.holds(for: value, in: document) }
    case .not(let filter): return try !filter.holds(for: value, in: document)
    case .exists(let operand): return try operand.value(for: value, in: document) != nil
    case .comparison(let left, .matches, .pattern(let pattern)):
      guard let text = try left.value(for: value, in: document)?.scalarText else { return false }
      return try pattern.matches(text)
    case .comparison(let left, let comparison, let right):
      return try JSONFilter.compare(
        left.value(for: value, in: document), comparison, right.value(for: value, in: document))
    }
  }

  private static func compare(_ left: JSONValue?, _ comparison: Comparison, _ right: JSONValue?) -> Bool {
    switch comparison {
    case .equal: return equal(left, right)
    case .notEqual: return !equal(left, right)
    case .less: return order(left, right).map { $0 < 0 } ?? false
    case .lessOrEqual: return order(left, right).map { $0 <= 0 } ?? false
    case .greater: return order(left, right).map { $0 > 0 } ?? false
    case .greaterOrEqual: return order(left, right).map { $0 >= 0 } ?? false
    case .matches: return false
    default: return compareLists(left, comparison, right)
    }
  }

  private static func compareLists(_ left: JSONValue?, _ comparison: Comparison, _ right: JSONValue?) -> Bool {
    switch (comparison, left, right) {
    case (.isIn, let value, .array(let list)): return list.contains { equal(value, $0) }
    case (.isNotIn, let value, .array(let list)): return !list.contains { equal(value, $0) }
    case (.subsetOf, .array(let values), .array(let list)):
      return values.allSatisfy { value in list.contains { equal(value, $0) } }
    case (.anyOf, .array(let values), .array(let list)):
      return values.contains { value in list.contains { equal(value, $0) } }
    case (.noneOf, .array(let values), .array(let list)):
      return !values.contains { value in list.contains { equal(value, $0) } }
    case (.contains, .array(let values), let value): return values.contains { equal($0, value) }
    case (.contains, .string(let text), .string(let part)): return Text.contains(part, in: text)
    case (.size, .array(let values), .whole(let count)): return values.count == count
    case (.size, .string(let text), .whole(let count)): return Text.length(text) == count
    case (.isEmpty, .array(let values), .boolean(let wanted)): return values.isEmpty == wanted
    case (.isEmpty, .string(let text), .boolean(let wanted)): return text.isEmpty == wanted
    default: return false
    }
  }

  private static func equal(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
    guard let left, let right else { return left == nil && right == nil }
    if let left = left.number, let right = right.number { return left == right }
    // A text that contains a number equals that number.
    if case .string(let text) = left, let right = right.number { return Double(text) == right }
    if case .string(let text) = right, let left = left.number { return Double(text) == left }
    if case .string(let left) = left, case .string(let right) = right { return Text.same(left, right) }
    return left == right
  }

  private static func order(_ left: JSONValue?, _ right: JSONValue?) -> Int? {
    if let left = left?.asNumber(beside: right), let right = right?.asNumber(beside: .decimal(left)) {
      return left < right ? -1 : left > right ? 1 : 0
    }
    guard case .string(let left) = left, case .string(let right) = right else { return nil }
    return left.utf16.lexicographicallyPrecedes(right.utf16) ? -1 : Text.same(left, right) ? 0 : 1
  }
}

extension JSONFilter.Operand {
  fileprivate func value(for current: JSONValue, in document: JSONValue) throws -> JSONValue? {
    switch self {
    case .path(let path): try path.value(in: document, at: current)
    case .value(let value): value
    case .pattern: nil
    }
  }
}

extension JSONValue {
  /// The number; a text counts if it is compared with a number.
  fileprivate func asNumber(beside other: JSONValue?) -> Double? {
    if let number { return number }
    guard case .string(let text) = self, other?.number != nil else { return nil }
    return Double(text)
  }
}
