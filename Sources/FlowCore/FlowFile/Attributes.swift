/// A FlowFile's attributes: strings by name, copy-on-write.
package struct Attributes: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
  private var values: [String: String]

  package init(_ values: [String: String] = [:]) { self.values = values }
  package init(dictionaryLiteral elements: (String, String)...) {
    values = Dictionary(elements) { _, last in last }
  }
  package subscript(name: String) -> String? {
    get { values[name] }
    set { values[name] = newValue }
  }
  package var count: Int { values.count }
  package var names: some Collection<String> { values.keys }
  package var dictionary: [String: String] { values }
  package func makeIterator() -> Dictionary<String, String>.Iterator { values.makeIterator() }
}

/// Attribute names that several processors share. Modules with more domain knowledge add theirs in extensions.
package enum AttributeName {
  /// The kind of data that the FlowFile requests or carries, as the flow names it.
  package static let dataType = "data_type"
}
