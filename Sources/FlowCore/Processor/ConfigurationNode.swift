/// A value of the flow file with its position, after parameter substitution: the input of property kinds.
///
/// Independent of the file's syntax, so that processors do not depend on YAML.
package struct ConfigurationNode: Sendable {
  package indirect enum Value: Sendable {
    /// Text as written: the property kind interprets `no`, `1e3` and `012`.
    case scalar(String)
    /// No value after the key, or an unquoted `null` or `~`.
    case empty
    case list([ConfigurationNode])
    /// In file order, with unique keys.
    case map([(key: Key, value: ConfigurationNode)])
  }
  package struct Key: Sendable {
    package var text: String
    package var position: SourcePosition
    package init(text: String, position: SourcePosition) {
      self.text = text
      self.position = position
    }
  }
  package var value: Value
  package var position: SourcePosition
  /// The text contains a sensitive parameter.
  package var isSensitive: Bool
  /// The text contains a parameter without a value. That is already reported, so consequences are not reported again.
  package var isUnresolved: Bool
  /// Set if the whole text is a parameter value given outside of the flow file; problems are then reported there.
  package var given: GivenPlace?
  /// Returns the file position of a character of the scalar, counted in Unicode scalars from 0.
  package var locate: (@Sendable (Int) -> SourcePosition)?

  package init(
    _ value: Value, position: SourcePosition, isSensitive: Bool = false, isUnresolved: Bool = false,
    given: GivenPlace? = nil, locate: (@Sendable (Int) -> SourcePosition)? = nil
  ) {
    self.value = value
    self.position = position
    self.isSensitive = isSensitive
    self.isUnresolved = isUnresolved
    self.given = given
    self.locate = locate
  }

  /// A member of a map.
  package func member(_ name: String) -> ConfigurationNode? {
    guard case .map(let pairs) = value else { return nil }
    return pairs.first { $0.key.text == name }?.value
  }

  package func position(ofCharacter offset: Int) -> SourcePosition { locate?(offset) ?? position }

  /// The first node, depth first, that contains a sensitive parameter.
  package var firstSensitive: ConfigurationNode? {
    if isSensitive { return self }
    switch value {
    case .scalar, .empty: return nil
    case .list(let elements): return elements.lazy.compactMap(\.firstSensitive).first
    case .map(let pairs): return pairs.lazy.compactMap(\.value.firstSensitive).first
    }
  }

  /// For messages: `'text'`, `a list`, `a map`, `nothing`. Never shows a sensitive value.
  package var summary: String {
    switch value {
    case .scalar(let text): isSensitive ? "a sensitive value" : "'\(text.count > 60 ? text.prefix(57) + "…" : text[...])'"
    case .empty: "nothing"
    case .list: "a list"
    case .map: "a map"
    }
  }
}

/// Where a parameter's value was set outside of the flow file: on the command line, in a parameter file, in the
/// environment.
package struct GivenPlace: Hashable, Sendable {
  package var file: String?
  package var position: SourcePosition?
  /// `-p from`, `parameter 'from'`, `environment variable FITBIT_CLIENT_ID`.
  package var subject: String

  package init(file: String? = nil, position: SourcePosition? = nil, subject: String) {
    self.file = file
    self.position = position
    self.subject = subject
  }
}
