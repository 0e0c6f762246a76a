import Foundation

/// A function at the end of a path.
enum JSONPathFunction: String, Sendable {
  case length, size, min, max, avg, sum, stddev, keys, first, last

  /// The result; nil if the function does not apply to the value.
  func apply(to value: JSONValue?, document: JSONValue) -> JSONValue? {
    guard let value else { return nil }
    switch (self, value) {
    case (.length, .array(let values)), (.size, .array(let values)): return .whole(Int64(values.count))
    case (.length, .object(let object)), (.size, .object(let object)): return .whole(Int64(object.members.count))
    case (.length, .string(let text)): return .whole(Int64(Text.length(text)))
    case (.keys, .object(let object)): return .array(object.members.map { .string($0.key) })
    case (.first, .array(let values)): return values.first
    case (.last, .array(let values)): return values.last
    case (_, .array(let values)): return aggregate(values.compactMap(\.number))
    default: return nil
    }
  }

  private func aggregate(_ numbers: [Double]) -> JSONValue? {
    guard !numbers.isEmpty else { return nil }
    let sum = numbers.reduce(0, +)
    let mean = sum / Double(numbers.count)
    switch self {
    case .min: return numbers.min().map(JSONValue.decimal)
    case .max: return numbers.max().map(JSONValue.decimal)
    case .sum: return .decimal(sum)
    case .avg: return .decimal(mean)
    case .stddev:
      let squares = numbers.reduce(0) { $0 + $1 * $1 }
      return .decimal((squares / Double(numbers.count) - mean * mean).squareRoot())
    default: return nil
    }
  }
}
