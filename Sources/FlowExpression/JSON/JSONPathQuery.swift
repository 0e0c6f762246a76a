/// A path into a JSON value, in the syntax of Jayway JsonPath.
struct JSONPathQuery: Sendable {
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
  init(_ text: String) throws(ExpressionProblem) {
    var parser = JSONPathParser(text)
    self = try parser.parseWhole()
  }

  /// Whether the path has at most one result; otherwise the result is a list.
  var isDefinite: Bool {
    for step in steps {
      switch step {
      case .member, .index, .function: continue
      default: return false
      }
    }
    return true
  }

  /// The value, or the list of values; nil if there are no matches. Throws `PatternProblem` if the search of a filter takes too long.
  func value(in document: JSONValue, at current: JSONValue? = nil) throws -> JSONValue? {
    let functionAt = steps.firstIndex { if case .function = $0 { true } else { false } }
    let plain = Array(steps[..<(functionAt ?? steps.count)])
    let followed = if case .members? = plain.last { Array(plain.dropLast()) } else { plain }
    guard let found = try JSONPathQuery.follow(followed, from: isRelative ? current ?? document : document, document) else {
      return nil
    }
    // Several names at the end are combined into one object.
    if case .members(let names)? = plain.last { return JSONPathQuery.merged(names, found) }
    let isDefinite = JSONPathQuery(steps: plain, isRelative: isRelative).isDefinite
    guard let functionAt, case .function(let function) = steps[functionAt] else {
      return isDefinite ? found.first : .array(found)
    }
    return function.apply(to: isDefinite ? found.first : .array(found), document: document)
  }

  private static func merged(_ names: [String], _ values: [JSONValue]) -> JSONValue? {
    let objects: [JSONValue] = values.compactMap { value in
      guard case .object(let object) = value else { return nil }
      var merged = JSONObject()
      for name in names { if let member = object[name] { merged.set(name, member) } }
      return .object(merged)
    }
    return objects.count == 1 ? objects[0] : values.count == 1 ? nil : .array(objects)
  }

  /// All values to which the steps lead; nil if a required step has no match.
  private static func follow(_ steps: [Step], from start: JSONValue, _ document: JSONValue) throws -> [JSONValue]? {
    var values = [start]
    var isDefinite = true
    for step in steps {
      var next: [JSONValue] = []
      for value in values {
        let found = try children(of: value, step, document).map(\.value)
        if found.isEmpty, isDefinite, step.isDemanding { return nil }
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

  /// Whether the whole path has no result if this step has no match.
  fileprivate var isDemanding: Bool { isDefinite }
}
