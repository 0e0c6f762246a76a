/// Where expressions read attributes from.
package protocol AttributeSource {
  /// The value of the attribute, `nil` when the FlowFile has none of that name.
  ///
  /// A source for FlowFiles answers NiFi's pseudo attributes first: `fileSize`, `entryDate`, `lineageStartDate`,
  /// `lastQueueDate`, `queueDateIndex`, `flowFileId` (dates in milliseconds since 1970).
  subscript(name: String) -> String? { get }
  /// The names of all attributes, in the order `anyMatchingAttribute` and `allMatchingAttributes` visit them.
  var names: [String] { get }
}

extension [String: String]: AttributeSource {
  /// Sorted, so that `join` over a pattern gives the same text every time.
  package var names: [String] { keys.sorted() }
}
