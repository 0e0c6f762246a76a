/// A path into a JSON value, in the syntax and with the results of Jayway JsonPath, which NiFi uses.
package struct JSONPathQuery: Sendable {
  /// One step of a path.
  indirect enum Step: Sendable {
    case member(String)
    case members([String])
    case index(Int)
    case indices([Int])
    case slice(Int?, Int?)
    case wildcard
    /// Applies the step at every depth.
    case descend(Step)
    case filter(JSONFilter)
    case function(JSONPathFunction)
  }

  let steps: [Step]
  /// Whether a filter's path starts at the current value (`@`) instead of the document (`$`).
  let isRelative: Bool

  init(steps: [Step], isRelative: Bool) {
    self.steps = steps
    self.isRelative = isRelative
  }

  /// - Throws: `ExpressionProblem` if the text is not a path.
  package init(_ text: String) throws(ExpressionProblem) {
    var parser = JSONPathParser(text)
    self = try parser.parseWhole()
  }

  /// What a path leads to.
  package enum Result: Sendable, Equatable {
    /// No match: a member is absent on the way, or a value there is of another kind.
    case nothing
    /// Of a path with at most one match, or of a function.
    case value(JSONValue)
    /// Of a path that may have any number of matches, in their order.
    case list([JSONValue])
  }

  /// - Throws: `PatternProblem` if the search of a filter takes too long.
  package func result(in document: JSONValue) throws -> Result { try result(in: document, at: document) }

  /// The value, or the list of values; nil if there are no matches. Throws `PatternProblem` if the search of a filter takes too long.
  func value(in document: JSONValue, at current: JSONValue? = nil) throws -> JSONValue? {
    switch try result(in: document, at: current ?? document) {
    case .nothing: nil
    case .value(let value): value
    case .list(let values): .array(values)
    }
  }

  private func result(in document: JSONValue, at current: JSONValue) throws -> Result {
    let functionAt = steps.firstIndex { if case .function = $0 { true } else { false } }
    let plain = steps[..<(functionAt ?? steps.endIndex)]
    guard let found = try JSONPathQuery.follow(plain, from: isRelative ? current : document, document) else { return .nothing }
    let result: Result = JSONPathQuery.isDefinite(plain) ? found.first.map(Result.value) ?? .nothing : .list(found)
    guard let functionAt, case .function(let function) = steps[functionAt] else { return result }
    let argument: JSONValue? = switch result {
    case .nothing: nil
    case .value(let value): value
    case .list(let values): .array(values)
    }
    return function.apply(to: argument, document: document).map(Result.value) ?? .nothing
  }

  /// Whether steps lead to one value at most. Several names at the end do: their members are one object.
  private static func isDefinite(_ steps: ArraySlice<Step>) -> Bool {
    if case .members? = steps.last { return isDefinite(steps.dropLast()) }
    return steps.allSatisfy(\.isDefinite)
  }

  /// All values to which the steps lead; nil if there is no match and the path says of one step after the other where it leads.
  private static func follow(_ steps: ArraySlice<Step>, from start: JSONValue, _ document: JSONValue) throws -> [JSONValue]? {
    var values = [start]
    var isDefinite = true
    for (position, step) in steps.enumerated() {
      let isLast = position == steps.count - 1
      var next: [JSONValue] = []
      for value in values {
        if isDefinite, !step.suits(value) { return nil }
        if isLast, case .members(let names) = step {
          if case .object(let object) = value { next.append(.object(object.only(names))) }
          continue
        }
        let found = try children(of: value, step, document).map(\.value)
        // An index beyond the end is no match, but no reason to stop: `$.list[9].*` is an empty list.
        if found.isEmpty, isDefinite, !isLast, case .member = step { return nil }
        next += found
      }
      isDefinite = isDefinite && step.isDefinite
      values = next
    }
    return values
  }

  /// The position of a child in its parent.
  enum Place: Sendable {
    case member(String)
    case index(Int)
    /// Several levels down.
    case path([Place])
  }

  /// The matches of a step in a value.
  static func children(
    of value: JSONValue, _ step: Step, _ document: JSONValue
  ) throws -> [(place: Place, value: JSONValue)] {
    switch step {
    case .member(let name):
      guard case .object(let object) = value, let member = object[name] else { return [] }
      return [(.member(name), member)]
    case .members(let names): return try names.flatMap { try children(of: value, .member($0), document) }
    case .index(let index):
      guard case .array(let values) = value else { return [] }
      let place = index < 0 ? index + values.count : index
      return values.indices.contains(place) ? [(.index(place), values[place])] : []
    case .indices(let indices): return try indices.flatMap { try children(of: value, .index($0), document) }
    case .slice(let from, let to): return slice(value, from, to)
    case .wildcard: return all(value)
    case .descend(.filter(let filter)):
      return try descendants(value, []).filter { try !$0.value.isScalar && filter.holds(for: $0.value, in: document) }
        .map { (.path($0.path), $0.value) }
    case .descend(let step):
      return try descendants(value, []).flatMap { node in
        try children(of: node.value, step, document).map { (.path(node.path + [$0.place]), $0.value) }
      }
    case .filter(let filter):
      let candidates: [(place: Place, value: JSONValue)]
      if case .array = value { candidates = all(value) } else { candidates = [(.path([]), value)] }
      return try candidates.filter { try filter.holds(for: $0.value, in: document) }
    case .function: return []
    }
  }

  private static func all(_ value: JSONValue) -> [(place: Place, value: JSONValue)] {
    switch value {
    case .array(let values): values.enumerated().map { (.index($0.offset), $0.element) }
    case .object(let object): object.members.map { (.member($0.key), $0.value) }
    default: []
    }
  }

  private static func slice(_ value: JSONValue, _ from: Int?, _ to: Int?) -> [(place: Place, value: JSONValue)] {
    guard case .array(let values) = value else { return [] }
    let count = values.count
    func bound(_ index: Int) -> Int { min(max(index < 0 ? index + count : index, 0), count) }
    let lower = bound(from ?? 0)
    let upper = bound(to ?? count)
    return lower < upper ? (lower..<upper).map { (.index($0), values[$0]) } : []
  }

  private static func descendants(_ value: JSONValue, _ path: [Place]) -> [(path: [Place], value: JSONValue)] {
    [(path, value)] + all(value).flatMap { descendants($0.value, path + [$0.place]) }
  }
}

extension JSONPathQuery.Step {
  fileprivate var isDefinite: Bool {
    switch self {
    case .member, .index, .function: true
    default: false
    }
  }

  /// Whether a value is of a kind to which the step applies. If it is not, and the steps before lead to one value, the path has no result.
  fileprivate func suits(_ value: JSONValue) -> Bool {
    switch (self, value) {
    case (.member, .object), (.members, .object), (.index, .array), (.indices, .array), (.slice, .array): true
    case (.member, _), (.members, _), (.index, _), (.indices, _), (.slice, _): false
    case (.wildcard, _), (.descend, _), (.filter, _), (.function, _): true
    }
  }
}
