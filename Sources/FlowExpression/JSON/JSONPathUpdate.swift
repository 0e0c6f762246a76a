/// Modifies a document at the places that a path matches.
enum JSONPathUpdate {
  /// The modification of a value.
  enum Change: Sendable {
    case set(JSONValue)
    case append(JSONValue)
    case put(String, JSONValue)
    case delete

    func fits(_ value: JSONValue) -> Bool {
      switch (self, value) {
      case (.set, _), (.delete, _), (.append, .array), (.put, .object): true
      case (.append, _), (.put, _): false
      }
    }
  }

  enum Outcome {
    /// The modified document.
    case changed(JSONValue)
    /// The path has no matches.
    case missing
    /// The value's type does not fit the change.
    case unsuitable
  }

  static func apply(_ change: Change, _ path: JSONPathQuery, to document: JSONValue) throws -> Outcome {
    if path.steps.isEmpty { return change.fits(document) ? .changed(changed(document, change) ?? .null) : .unsuitable }
    var places: [[JSONPathQuery.Place]] = [[]]
    for step in path.steps {
      if case .function = step { return .unsuitable }
      places = try places.flatMap { prefix in
        guard let value = value(at: prefix[...], in: document) else { return [[JSONPathQuery.Place]]() }
        return try JSONPathQuery.children(of: value, step, document).map { prefix + flat($0.place) }
      }
    }
    guard !places.isEmpty else { return .missing }
    // Start from the back, so that deletions do not shift positions that are still to be changed.
    var result = document
    for place in places.reversed() {
      guard value(at: place[...], in: result).map(change.fits) ?? true else { return .unsuitable }
      result = rewritten(result, place[...]) { changed($0, change) } ?? .null
    }
    return .changed(result)
  }

  private static func flat(_ place: JSONPathQuery.Place) -> [JSONPathQuery.Place] {
    if case .path(let places) = place { places.flatMap(flat) } else { [place] }
  }

  private static func value(at path: ArraySlice<JSONPathQuery.Place>, in value: JSONValue) -> JSONValue? {
    guard let place = path.first else { return value }
    switch (place, value) {
    case (.member(let name), .object(let object)):
      return object[name].flatMap { self.value(at: path.dropFirst(), in: $0) }
    case (.index(let index), .array(let values)):
      return values.indices.contains(index) ? self.value(at: path.dropFirst(), in: values[index]) : nil
    default: return nil
    }
  }

  /// The value with a change at a position inside it; nil if it is to be removed.
  private static func rewritten(
    _ value: JSONValue, _ path: ArraySlice<JSONPathQuery.Place>, _ change: (JSONValue) -> JSONValue?
  ) -> JSONValue? {
    guard let place = path.first else { return change(value) }
    switch (place, value) {
    case (.member(let name), .object(var object)):
      guard let member = object[name] else { return value }
      if let changed = rewritten(member, path.dropFirst(), change) {
        object.set(name, changed)
      } else {
        object.remove(name)
      }
      return .object(object)
    case (.index(let index), .array(var values)):
      guard values.indices.contains(index) else { return value }
      if let changed = rewritten(values[index], path.dropFirst(), change) {
        values[index] = changed
      } else {
        values.remove(at: index)
      }
      return .array(values)
    default: return value
    }
  }

  private static func changed(_ value: JSONValue, _ change: Change) -> JSONValue? {
    switch (change, value) {
    case (.set(let new), _): return new
    case (.delete, _): return nil
    case (.append(let new), .array(let values)): return .array(values + [new])
    case (.put(let key, let new), .object(var object)):
      object.set(key, new)
      return .object(object)
    // `fits` was checked before.
    case (.append, _), (.put, _): return value
    }
  }
}
