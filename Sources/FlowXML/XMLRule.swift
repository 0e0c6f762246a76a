/// How XML becomes JSON, as declared in a flow file. The same element always takes the same form, however often it
/// occurs and whatever it holds:
///
/// - The root element's name is checked and left out: its content is the document.
/// - An element without attributes and child elements is its text, a JSON string, white space at both ends removed; without text it is null.
/// - Any other element is an object: attributes as `@name`, child elements by name, and text beside them as `#text`.
/// - Children whose name is in `lists` form a list, even a single one. Another name that occurs twice in an element is an error.
/// - Elements whose name is in `omitted` are left out with all that they hold.
/// - Prefixes of element names, namespace declarations, comments and processing instructions are left out. Numbers stay text.
package struct XMLRule: Sendable, Equatable {
  /// The name of the root element without its prefix; nil: any.
  package var root: String?
  /// Names of elements, without prefixes, that may occur several times beside each other.
  package var lists: Set<String>
  /// Names of elements, without prefixes, that are left out.
  package var omitted: Set<String>
  package var limits: XMLLimits

  package init(root: String? = nil, lists: Set<String> = [], omitted: Set<String> = [], limits: XMLLimits = XMLLimits()) {
    self.root = root
    self.lists = lists
    self.omitted = omitted
    self.limits = limits
  }
}

/// What a document may be at most. A longer or deeper one is an error, not a reason for more memory.
package struct XMLLimits: Sendable, Equatable {
  /// Elements inside each other.
  package var depth: Int
  package var bytes: Int

  package init(depth: Int = 64, bytes: Int = 64 << 20) {
    self.depth = depth
    self.bytes = bytes
  }
}

/// Why a text is not an XML document that can be converted. Quotes no content, which may be a secret.
package struct XMLProblem: Error, Sendable, Equatable, CustomStringConvertible {
  /// From 1.
  package var line: Int
  package var found: String
  package var expected: String
  /// The text ends before the document does: it was cut off.
  package var isTruncated: Bool

  package init(line: Int, found: String, expected: String, isTruncated: Bool = false) {
    self.line = line
    self.found = found
    self.expected = expected
    self.isTruncated = isTruncated
  }

  package var description: String { "line \(line) of the XML has \(found); expected \(expected)" }
}
