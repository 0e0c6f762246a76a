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
  /// A parameter without a value is part of it. That has been reported, so nothing that follows from it is reported again.
  package var isUnresolved: Bool
  /// Set where the whole text is what somebody gave a parameter outside of the flow file: then that is the place to look at.
  package var given: GivenPlace?
  /// Finds the place in the file of a character of the scalar, counted in Unicode scalars from 0.
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

  package func position(ofCharacter offset: Int) -> SourcePosition { locate?(offset) ?? position }

  /// The first part, itself included, that a sensitive parameter feeds.
  package var firstSensitive: ConfigurationNode? {
    if isSensitive { return self }
    switch value {
    case .scalar, .empty: return nil
    case .list(let elements): return elements.lazy.compactMap(\.firstSensitive).first
    case .map(let pairs): return pairs.lazy.compactMap(\.value.firstSensitive).first
    }
  }

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

/// Where a parameter's value was given outside of the flow file: on the command line, in a file of parameters, in the environment.
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
