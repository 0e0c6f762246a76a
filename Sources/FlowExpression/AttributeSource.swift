/// The source of attribute values for expressions.
package protocol AttributeSource {
  /// The value of an attribute; nil if it is not set.
  ///
  /// An implementation for FlowFiles must give precedence to NiFi's pseudo attributes: `fileSize`, `entryDate`,
  /// `lineageStartDate`, `lastQueueDate`, `queueDateIndex`, `flowFileId` (dates in milliseconds since 1970).
  subscript(name: String) -> String? { get }
  /// The names of all attributes, in the order in which `anyMatchingAttribute` and `allMatchingAttributes` visit them.
  var names: [String] { get }
}

extension [String: String]: AttributeSource {
  /// Sorted, so that `join` over a pattern is deterministic.
  package var names: [String] { keys.sorted() }
}
