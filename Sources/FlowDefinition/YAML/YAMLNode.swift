import FlowCore

/// A node of the YAML document with its place.
struct YAMLNode: Sendable {
  indirect enum Value: Sendable {
    case scalar(YAMLScalar)
    case list([YAMLNode])
    /// In file order; keys are unique.
    case map([(key: ConfigurationNode.Key, value: YAMLNode)])
  }
  var value: Value
  var position: SourcePosition
  /// Nodes in it, itself included, aliases unfolded.
  var count: Int
  /// Levels in it, itself included.
  var height: Int
}

/// A scalar's text and where in the source it was written.
struct YAMLScalar: Sendable {
  enum Style: Sendable { case plain, singleQuoted, doubleQuoted, block }
  var text: String
  var style: Style
  /// From the first character (a quote, or `|`) to after the last, in scalars of the source.
  var range: Range<Int>
  /// Its rest became a comment that was meant as a parameter: what it should say is not known.
  var isCutByComment = false

  /// Nothing, `null` or `~`, without quotes.
  var isEmpty: Bool { style == .plain && (text.isEmpty || text == "null" || text == "~") }
}
