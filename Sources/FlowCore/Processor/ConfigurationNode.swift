/// A located value of a flow file, after parameters were put in: what property kinds read.
///
/// The flow file's text format stays out of here: a processor knows no YAML.
package struct ConfigurationNode: Sendable {
  package indirect enum Value: Sendable {
    /// Text as written: `no`, `1e3` and `012` mean what the kind says.
    case scalar(String)
    /// Nothing was written after the key, or `null` or `~` without quotes.
    case empty
    case list([ConfigurationNode])
    /// In file order; keys are unique.
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
  /// A sensitive parameter is part of the text.
  package var isSensitive: Bool
  /// Finds the place in the file of a character of the scalar, counted in Unicode scalars from 0.
  package var locate: (@Sendable (Int) -> SourcePosition)?

  package init(
    _ value: Value, position: SourcePosition, isSensitive: Bool = false, locate: (@Sendable (Int) -> SourcePosition)? = nil
  ) {
    self.value = value
    self.position = position
    self.isSensitive = isSensitive
    self.locate = locate
  }

  package func position(ofCharacter offset: Int) -> SourcePosition { locate?(offset) ?? position }

  /// For messages: `'text'`, `a list`, `a map`, `nothing`. A sensitive value is never shown.
  package var summary: String {
    switch value {
    case .scalar(let text): isSensitive ? "a sensitive value" : "'\(text.count > 60 ? text.prefix(57) + "…" : text[...])'"
    case .empty: "nothing"
    case .list: "a list"
    case .map: "a map"
    }
  }
}
