/// A JSON value in Jackson's model: members keep their order, whole numbers stay whole.
package indirect enum JSONValue: Sendable, Equatable {
  case null
  case boolean(Bool)
  case whole(Int64)
  /// A whole number that does not fit 64 bits, as digits.
  case large(String)
  case decimal(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// Whether it is neither a list nor an object.
  package var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  /// The numeric value, including large whole numbers; nil for other types.
  var number: Double? {
    switch self {
    case .whole(let value): Double(value)
    case .large(let digits): Double(digits)
    case .decimal(let value): value
    default: nil
    }
  }

  /// Compact JSON.
  package var json: String { JSONWriter.text(self) }

  /// The value in Java's notation, or JSON for lists and objects; nil for null.
  package var scalarText: String? {
    switch self {
    case .null: nil
    case .boolean(let value): value ? "true" : "false"
    case .whole(let value): String(value)
    case .large(let digits): digits
    case .decimal(let value): JavaDecimal.text(value)
    case .string(let text): text
    case .array, .object: JSONWriter.text(self)
    }
  }
}

/// The members in order.
package struct JSONObject: Sendable, Equatable {
  package private(set) var members: [(key: String, value: JSONValue)] = []
  /// Index by key, maintained once there are many members.
  private var places: [[UInt8]: Int] = [:]

  private static let indexedFrom = 16

  package subscript(key: String) -> JSONValue? {
    place(of: key).map { members[$0].value }
  }

  /// Sets a member, in its place or at the end.
  mutating func set(_ key: String, _ value: JSONValue) {
    if let place = place(of: key) {
      members[place].value = value
      return
    }
    members.append((key, value))
    if members.count == JSONObject.indexedFrom {
      reindex()
    } else if members.count > JSONObject.indexedFrom {
      places[Array(key.utf8)] = members.count - 1
    }
  }

  /// The members with these names, in the order of the names.
  func only(_ names: [String]) -> JSONObject {
    var chosen = JSONObject()
    for name in names { if let member = self[name] { chosen.set(name, member) } }
    return chosen
  }

  mutating func remove(_ key: String) {
    guard let place = place(of: key) else { return }
    members.remove(at: place)
    reindex()
  }

  private func place(of key: String) -> Int? {
    if members.count >= JSONObject.indexedFrom { return places[Array(key.utf8)] }
    return members.firstIndex { Text.same($0.key, key) }
  }

  private mutating func reindex() {
    places = [:]
    guard members.count >= JSONObject.indexedFrom else { return }
    for (place, member) in members.enumerated() { places[Array(member.key.utf8)] = place }
  }

  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count && left.members.allSatisfy { right[$0.key] == $0.value }
  }
}
