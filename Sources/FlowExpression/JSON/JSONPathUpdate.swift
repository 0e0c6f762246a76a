/// Modifies a document at the places that a path matches.
enum JSONPathUpdate {
  /// The modification of a value.
  enum Change: Sendable {
    case set(JSONValue)
    case append(JSONValue)
    case put(String, JSONValue)
    case delete
  }

  /// Why nothing was changed.
  enum Failure: Error {
    /// The path has no matches.
    case missing
    /// The value's type does not fit the change.
    case unsuitable
  }

  /// The modified document.
  static func apply(_ change: Change, _ path: JSONPathQuery, to document: JSONValue) throws(Failure) -> JSONValue {
    if path.steps.isEmpty { return try changed(document, change) ?? .null }
    var places: [[JSONPathQuery.Place]] = [[]]
    for step in path.steps {
      if case .function = step { throw .unsuitable }
      places = places.flatMap { prefix in
        guard let value = value(at: prefix[...], in: document) else { return [[JSONPathQuery.Place]]() }
        return JSONPathQuery.children(of: value, step, document).map { prefix + flat($0.place) }
      }
    }
    guard !places.isEmpty else { throw .missing }
    // Start from the back, so that deletions do not shift positions that are still to be changed.
    var result = document
    for place in places.reversed() {
      result = try rewritten(result, place[...]) { value throws(Failure) in try changed(value, change) } ?? .null
    }
    return result
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
    _ value: JSONValue, _ path: ArraySlice<JSONPathQuery.Place>, _ change: (JSONValue) throws(Failure) -> JSONValue?
  ) throws(Failure) -> JSONValue? {
    guard let place = path.first else { return try change(value) }
    switch (place, value) {
    case (.member(let name), .object(var object)):
      guard let member = object[name] else { return value }
      if let changed = try rewritten(member, path.dropFirst(), change) {
        object.set(name, changed)
      } else {
        object.remove(name)
      }
      return .object(object)
    case (.index(let index), .array(var values)):
      guard values.indices.contains(index) else { return value }
      if let changed = try rewritten(values[index], path.dropFirst(), change) {
        values[index] = changed
      } else {
        values.remove(at: index)
      }
      return .array(values)
    default: return value
    }
  }

  private static func changed(_ value: JSONValue, _ change: Change) throws(Failure) -> JSONValue? {
    switch (change, value) {
    case (.set(let new), _): return new
    case (.delete, _): return nil
    case (.append(let new), .array(let values)): return .array(values + [new])
    case (.put(let key, let new), .object(var object)):
      object.set(key, new)
      return .object(object)
    case (.append, _), (.put, _): throw .unsuitable
    }
  }
}
