extension PropertyKind where Value == JSONPath {
  /// A path from the root to rows.
  package static var rowsPath: PropertyKind {
    jsonPath("a path from the root such as /summary or /dataPoints/*/zones") { $0.leadsToRows }
  }

  /// A path to a single value of a row.
  package static var valuePath: PropertyKind {
    jsonPath(
      "a path from the row such as value, ../date or distances[activity=total]/distance, or from the root such as /date"
    ) { $0.leadsToValue }
  }

  /// A path from the root to any number of values.
  package static var totalPath: PropertyKind {
    jsonPath("a path from the root that ends in a member, such as /dataPoints/*/kcal") {
      $0.leadsToRows && $0.parentAndMember != nil && $0.referredColumns.isEmpty
    }
  }

  private static func jsonPath(_ expected: String, fits: @escaping @Sendable (JSONPath) -> Bool) -> PropertyKind {
    PropertyKind("JSON path", expected: expected) { node, reader in
      guard case .scalar(let text) = node.value else {
        reader.report(node, expected: expected)
        return nil
      }
      guard reader.hasPointerEscapes(text, of: node) else { return nil }
      guard let path = JSONPath(text), fits(path) else {
        reader.report(node, expected: expected)
        return nil
      }
      return path
    }
  }
}

extension PropertyReader {
  /// Reports any `~` not followed by `0` or `1`, the two escapes of RFC 6901.
  package func hasPointerEscapes(_ text: String, of node: ConfigurationNode) -> Bool {
    let scalars = Array(text.unicodeScalars)
    var isInSelector = false
    for (offset, scalar) in scalars.enumerated() {
      // Text in a selector is compared literally.
      isInSelector = scalar == "[" || (isInSelector && scalar != "]")
      guard scalar == "~", !isInSelector else { continue }
      let next = offset + 1 < scalars.count ? scalars[offset + 1] : nil
      if next == "0" || next == "1" { continue }
      report(
        node, atCharacter: offset, found: "'~\(next.map { String($0) } ?? "")' in the path '\(text)'",
        expected: "'~0' for the character '~', '~1' for a '/' inside a name")
      return false
    }
    return true
  }
}
