import FlowCore

/// A node of the YAML document with its position.
struct YAMLNode: Sendable {
  indirect enum Value: Sendable {
    case scalar(YAMLScalar)
    case list([YAMLNode])
    /// In file order, with unique keys.
    case map([(key: ConfigurationNode.Key, value: YAMLNode)])
  }
  var value: Value
  var position: SourcePosition
  /// The number of nodes in it, including itself and expanded aliases.
  var count: Int
  /// The number of levels in it, including its own.
  var height: Int
}

/// A scalar's text and its source range.
struct YAMLScalar: Sendable {
  enum Style: Sendable { case plain, singleQuoted, doubleQuoted, block }
  var text: String
  var style: Style
  /// From the first character (a quote, or `|`) to one past the last, in source scalars.
  var range: Range<Int>
  /// The rest, meant as a parameter reference, became a comment: the intended value is unknown.
  var isCutByComment = false

  /// Unquoted `null`, `~` or nothing.
  var isEmpty: Bool { style == .plain && (text.isEmpty || text == "null" || text == "~") }
}
