import FlowCore

/// A property's value as in a flow file, written as a Swift literal: text, a list or a map.
package indirect enum PropertyLiteral: Sendable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral, ExpressibleByStringInterpolation
{
  case text(String)
  case list([PropertyLiteral])
  case map([(String, PropertyLiteral)])

  package init(stringLiteral value: String) { self = .text(value) }
  package init(arrayLiteral elements: PropertyLiteral...) { self = .list(elements) }
  package init(dictionaryLiteral elements: (String, PropertyLiteral)...) { self = .map(elements) }

  /// The value as property kinds read it; every position is 1:1.
  package var node: ConfigurationNode {
    let position = SourcePosition(line: 1, column: 1)
    let value: ConfigurationNode.Value =
      switch self {
      case .text(let text): .scalar(text)
      case .list(let elements): .list(elements.map(\.node))
      case .map(let pairs):
        .map(pairs.map { (key: ConfigurationNode.Key(text: $0.0, position: position), value: $0.1.node) })
      }
    return ConfigurationNode(value, position: position)
  }
}
