/// A FlowFile's attributes: text by name, copy-on-write.
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

/// Names of attributes that several processors agree on. A module that knows more of the world adds its own in an extension.
package enum AttributeName {
  /// What kind of data the FlowFile asks for or carries, in the flow's words.
  package static let dataType = "data_type"
}
