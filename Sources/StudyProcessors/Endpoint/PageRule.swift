import FlowCore

/// How an endpoint identifies its next page: an entry of InvokeEndpoint's property `pages`.
///
///     pages: { token: /nextPageToken, parameter: pageToken }     # in the query of a GET, in the JSON body of anything else
///     pages: { next: /pagination/next }                          # a link; it must lead to the provider's own host
///     pages: { next: /pagination/next, until: /activities/*/startTime }   # ends once a page reaches the slice's end
package struct PageRule: ConfigurationRecord {
  static let token = Property<String>("token", .jsonPointer, "JSON pointer to the token of the next page; missing or empty on the last page.")
  static let parameter = Property<String>("parameter", .text, "Name under which the token is sent.")
  static let next = Property<String>("next", .jsonPointer, "JSON pointer to the next page's link, which must lead to the provider's host.")
  static let until = Property<JSONPath>(
    "until", .totalPath, "Path to instants: a page in which one is at or after the slice's end is the last one. For lists without an end of their own, in ascending order.")
  static let limit = Property("limit", .integer(1...100_000), default: "1000", "Maximum number of pages; more are `bad_data`.")
  static let bytes = Property<Int>("bytes", .byteSize, default: "256 MB", "Maximum size of all pages together; more is `bad_data`.")

  package static let properties = [
    PropertyDescriptor(token), PropertyDescriptor(parameter), PropertyDescriptor(next), PropertyDescriptor(until), PropertyDescriptor(limit),
    PropertyDescriptor(bytes),
  ]

  enum Form: Sendable, Equatable {
    case token(pointer: String, parameter: String)
    case link(pointer: String)
  }
  let form: Form
  private let until: JSONPath?
  let limit: Int
  let bytes: Int

  /// The token or link of the next page; nil on the last one. Throws `ExtractionError`.
  func next(in page: [UInt8], _ json: any RecordExtractor) throws -> String? {
    switch form {
    case .token(let pointer, _), .link(let pointer): try json.text(at: pointer, in: page)
    }
  }

  /// Whether the page reaches the end of the slice. Throws `ExtractionError` for a value that is no instant.
  func reaches(_ end: Int64?, in page: [UInt8], _ json: any RecordExtractor) throws -> Bool {
    guard let end, let (parents, member) = until?.parentAndMember else { return false }
    let mapping = RecordMapping(
      rows: parents, rowsMayBeAbsent: true, columns: [MappedColumn(name: "instant", kind: .instant, origin: .path(member))])
    guard case .integer(let instants)? = try json.extract(page, mapping: mapping, context: ExtractionContext()).columns.first?.values else { return false }
    return instants.contains { $0 >= end }
  }

  package init?(_ values: PropertyValues, node: ConfigurationNode, reader: PropertyReader) {
    until = values.optional(Self.until)
    limit = values[Self.limit]
    bytes = values[Self.bytes]
    switch (values.optional(Self.token), values.optional(Self.parameter), values.optional(Self.next)) {
    case (let pointer?, let parameter?, nil): form = .token(pointer: pointer, parameter: parameter)
    case (nil, nil, let pointer?): form = .link(pointer: pointer)
    default:
      reader.report(.conflictingProperties, at: node.position, found: "pages are identified neither by token nor by link", expected: "'token' and 'parameter', or 'next'")
      return nil
    }
  }
}

extension PropertyKind where Value == String {
  static var jsonPointer: PropertyKind {
    PropertyKind("JSON pointer", expected: "a JSON pointer such as /nextPageToken") { node, reader in
      guard case .scalar(let text) = node.value, text.hasPrefix("/") else {
        reader.report(node, expected: "a JSON pointer such as /nextPageToken")
        return nil
      }
      return reader.hasPointerEscapes(text, of: node) ? text : nil
    }
  }
}

/// Follows the pages of a response up to the last one. Plain state.
struct PageTrail: Sendable {
  private let rule: PageRule
  private var seen: Set<String> = []
  private(set) var pages: [[UInt8]] = []
  private var byteCount = 0

  init(_ rule: PageRule) { self.rule = rule }

  /// Adds a page and returns the token or link of the next one; nil after the last page. Throws `ProcessorError`
  /// (`bad_data`) if the pages exceed a limit or repeat.
  mutating func take(_ page: [UInt8], next: String?) throws -> String? {
    pages.append(page)
    byteCount += page.count
    guard byteCount <= rule.bytes else {
      throw ProcessorError(.badData, "the pages have \(byteCount) bytes so far; expected at most \(rule.bytes) in total")
    }
    guard let next, !next.isEmpty else { return nil }
    guard seen.insert(next).inserted else {
      throw ProcessorError(
        .badData, "page \(pages.count) links to a next page that an earlier page has already linked to; expected a new page, or none")
    }
    guard pages.count < rule.limit else {
      throw ProcessorError(.badData, "there is another page after \(pages.count); expected at most \(rule.limit)")
    }
    return next
  }
}
