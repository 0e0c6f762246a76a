/// A JSON pointer (RFC 6901) with three extensions:
///
/// - `name[member=text]` selects the list element whose member equals the text. `[member=@column]` compares with the
///   value of another mapped column of the row, `[object.member=…]` with a nested member (which may be a date as an
///   object); `@@` stands for a literal `@`. An empty list has no such element; a list without a match is an error
///   unless the selector ends in `]?`; two matches are always an error.
/// - `*` is every element of a list in a path to rows; in a path to a value, it is the first element in which the rest
///   of the path finds something. `*?` is the same for a list with elements, and takes an object in the place
///   of the list for its only element.
/// - `..` at the start of a relative path is the enclosing object (lists in between do not count).
///
/// A path with a leading `/` starts at the document's root, any other path at the row.
package struct JSONPath: Sendable, Hashable {
  package enum Component: Sendable, Hashable {
    case member(String)
    case index(Int)
    /// `path` leads from the element to the value that is compared.
    case element(path: [String], equals: Match, mayBeAbsent: Bool = false)
    case each
    case eachOrObject
    case enclosing

    /// Whether it may lead to several values.
    package var isEach: Bool { self == .each || self == .eachOrObject }
  }
  package enum Match: Sendable, Hashable {
    case text(String)
    case column(String)
  }
  package var isAbsolute: Bool
  package var components: [Component]
  package var text: String

  package init(isAbsolute: Bool, components: [Component], text: String) {
    self.isAbsolute = isAbsolute
    self.components = components
    self.text = text
  }

  /// Parses a path. `~1` is `/` and `~0` is `~`. A component of digits becomes `.index`; the extractor reads it as an
  /// index in a list and as a member name in an object. nil: an unclosed or empty selector, or another escape.
  package init?(_ text: String) {
    var components: [Component] = []
    for part in (text.hasPrefix("/") ? text.dropFirst() : text[...]).split(separator: "/", omittingEmptySubsequences: false)
    where !text.isEmpty && text != "/" {
      guard let parsed = JSONPath.components(of: String(part)) else { return nil }
      components += parsed
    }
    self.init(isAbsolute: text.hasPrefix("/"), components: components, text: text)
  }

  /// Valid for `RecordMapping.rows`: absolute, without `..`.
  package var leadsToRows: Bool { isAbsolute && !components.contains(.enclosing) }
  /// Valid for a column: `..` only at the start of a relative path.
  package var leadsToValue: Bool {
    let inner = isAbsolute ? components[...] : components.drop { $0 == .enclosing }
    return !inner.contains(.enclosing)
  }

  private static func hasKnownEscapes(_ name: String) -> Bool {
    name.split(separator: "~", omittingEmptySubsequences: false).dropFirst().allSatisfy { $0.hasPrefix("0") || $0.hasPrefix("1") }
  }

  private static func components(of part: String) -> [Component]? {
    if part == "*" { return [.each] }
    if part == "*?" { return [.eachOrObject] }
    if part == ".." { return [.enclosing] }
    var name = part
    var selector: Component?
    if let open = part.firstIndex(of: "[") {
      let mayBeAbsent = part.hasSuffix("]?")
      let part = mayBeAbsent ? String(part.dropLast()) : part
      guard part.hasSuffix("]"), let equals = part[open...].firstIndex(of: "=") else { return nil }
      let member = part[part.index(after: open)..<equals]
      let names = member.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
      guard !names.contains("") else { return nil }
      selector = .element(
        path: names, equals: Match(String(part[part.index(after: equals)...].dropLast())), mayBeAbsent: mayBeAbsent)
      name = String(part[..<open])
    } else if part.contains("]") {
      return nil
    }
    guard JSONPath.hasKnownEscapes(name) else { return nil }
    let plain = name.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
      .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
    // An index has no leading zero and no sign (RFC 6901 section 4): `007` is a member.
    let first: Component = Int(plain).flatMap { String($0) == plain && $0 >= 0 ? .index($0) : nil } ?? .member(plain)
    return (name.isEmpty && selector != nil ? [] : [first]) + (selector.map { [$0] } ?? [])
  }
}

extension JSONPath.Match {
  init(_ text: String) {
    let isColumn = text.hasPrefix("@") && !text.hasPrefix("@@")
    self = isColumn ? .column(String(text.dropFirst())) : .text(text.hasPrefix("@@") ? String(text.dropFirst()) : text)
  }
}

extension JSONPath {
  /// The columns to which its selectors refer.
  package var referredColumns: [String] {
    components.compactMap { component in
      guard case .element(_, .column(let name), _) = component else { return nil }
      return name
    }
  }

  /// The path to the object that contains the last member, and that member; nil if the path does not end in a member.
  package var parentAndMember: (parent: JSONPath, member: JSONPath)? {
    guard case .member(let name)? = components.last else { return nil }
    let parent = JSONPath(isAbsolute: isAbsolute, components: components.dropLast(), text: text)
    return (parent, JSONPath(isAbsolute: false, components: [.member(name)], text: name))
  }
}
