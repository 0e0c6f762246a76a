import FlowCore
import StudyModel

/// Access to attributes that processors rely on: a missing or malformed one is `bad_data`.
extension FlowFile {
  func required(_ name: String) throws(ProcessorError) -> String {
    guard let value = self[name], !value.isEmpty else {
      throw ProcessorError(.badData, "attribute '\(name)' is missing; a processor upstream should have set it")
    }
    return value
  }

  func requiredInstant(_ name: String) throws(ProcessorError) -> Instant {
    let text = try required(name)
    guard let instant = Instant(rfc3339: text) else {
      throw ProcessorError(.badData, "attribute '\(name)' is '\(text)'; expected RFC 3339 such as 2026-01-05T00:00:00Z")
    }
    return instant
  }

  /// The scopes the consent lacked when the response was fetched.
  var lackingScopes: [String] { self[AttributeName.sliceLacking]?.split(separator: ",").map(String.init) ?? [] }

  /// Records a scope the consent lacked when the response was fetched.
  mutating func note(lacking scope: String) {
    guard !lackingScopes.contains(scope) else { return }
    self[AttributeName.sliceLacking] = (lackingScopes + [scope]).sorted().joined(separator: ",")
  }

  func key(of slice: SlicePart, _ participant: String) throws(ProcessorError) -> SliceKey {
    SliceKey(participant: participant, dataType: try required(AttributeName.dataType), start: slice.start, end: slice.end)
  }

  /// The slice named by the attributes, of several their whole extent; nil if there is none.
  func slice() throws(ProcessorError) -> SliceKey? {
    guard self[AttributeName.sliceStart] != nil, let dataType = self[AttributeName.dataType] else { return nil }
    return SliceKey(
      participant: try required(AttributeName.participant), dataType: dataType,
      start: try requiredInstant(AttributeName.sliceStart).seconds, end: try requiredInstant(AttributeName.sliceEnd).seconds)
  }
}

extension PropertyKind where Value == CivilDate {
  static var date: PropertyKind { .scalar("date", expected: "a date such as 2026-08-15") { CivilDate(text: $0) } }
}
