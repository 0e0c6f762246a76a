import FlowCore

/// A text of a test file with its place, for problems that only the flow shows.
package struct PlacedName: Sendable, Hashable {
  package var text: String
  package var position: SourcePosition
}

/// A value that a test expects; nil is NULL, or an attribute that is absent.
package struct ExpectedValue: Sendable, Hashable {
  package var text: String?
}

extension PropertyKind where Value == PlacedName {
  static var placedName: PropertyKind {
    PropertyKind("text", expected: "text") { node, reader in
      guard case .scalar(let text) = node.value, !text.isEmpty else {
        reader.report(node, expected: "text")
        return nil
      }
      return PlacedName(text: text, position: node.position)
    }
  }
}

extension PropertyKind where Value == ExpectedValue {
  static var expectedValue: PropertyKind {
    PropertyKind("value", expected: "a value, or null") { node, reader in
      switch node.value {
      case .scalar(let text): return ExpectedValue(text: text)
      case .empty: return ExpectedValue(text: nil)
      case .list, .map:
        reader.report(node, expected: "a value, or null")
        return nil
      }
    }
  }
}

extension PropertyKind where Value == Instant {
  static var instant: PropertyKind {
    .scalar("instant", expected: "an instant such as 2026-01-06T12:00:00Z") { Instant(rfc3339: $0) }
  }
}

extension PropertyKind where Value == CivilZone {
  static var zone: PropertyKind { .scalar("zone", expected: "UTC, or an IANA name such as America/Chicago") { CivilZone($0) } }
}
