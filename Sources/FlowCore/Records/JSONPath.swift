/// A JSON pointer (RFC 6901) with three additions: `name[member=text]` picks the element of a list whose member equals the text
/// (`[member=@column]`: what the mapping's column of that name has in the row; `[object.member=…]`: a member of a member, which may be
/// a date as an object; `@@` is the text `@`). An empty list has none; a list of others is a problem, unless the selector ends in `]?`; two
/// are a problem always. `*` is every element of a list in a path of rows, and in a path to a value the first one in
/// which the rest of the path leads to something; `..` is the object around (lists between do not count), at the start of a
/// relative path. Absolute with a leading `/` (from the document's root), else relative to the row.
package struct JSONPath: Sendable, Hashable {
  package enum Component: Sendable, Hashable {
    case member(String)
    case index(Int)
    /// The names lead from the element to what is compared.
    case element(path: [String], equals: Match, mayBeAbsent: Bool = false)
    case each
    case enclosing
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

  /// Reads a path. `~1` is `/` and `~0` is `~`. Digits are an index where the document has a list, a member where it has an object:
  /// decided by the reader; here a component of digits is `.index`. nil: an unclosed selector, an empty one, or another escape.
  package init?(_ text: String) {
    var components: [Component] = []
    for part in (text.hasPrefix("/") ? text.dropFirst() : text[...]).split(separator: "/", omittingEmptySubsequences: false)
    where !text.isEmpty && text != "/" {
      guard let parsed = JSONPath.components(of: String(part)) else { return nil }
      components += parsed
    }
    self.init(isAbsolute: text.hasPrefix("/"), components: components, text: text)
  }

  /// Fit for `RecordMapping.rows`: absolute, without `..`.
  package var leadsToRows: Bool { isAbsolute && !components.contains(.enclosing) }
  /// Fit for a column: `..` only at the start of a relative path.
  package var leadsToValue: Bool {
    let inner = isAbsolute ? components[...] : components.drop { $0 == .enclosing }
    return !inner.contains(.enclosing)
  }

  private static func hasKnownEscapes(_ name: String) -> Bool {
    name.split(separator: "~", omittingEmptySubsequences: false).dropFirst().allSatisfy { $0.hasPrefix("0") || $0.hasPrefix("1") }
  }

  private static func components(of part: String) -> [Component]? {
    if part == "*" { return [.each] }
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
  /// The columns that its selectors refer to.
  package var referredColumns: [String] {
    components.compactMap { component in
      guard case .element(_, .column(let name), _) = component else { return nil }
      return name
    }
  }

  /// The way to the object around the last member, and that member; nil for a path that ends otherwise.
  package var parentAndMember: (parent: JSONPath, member: JSONPath)? {
    guard case .member(let name)? = components.last else { return nil }
    let parent = JSONPath(isAbsolute: isAbsolute, components: components.dropLast(), text: text)
    return (parent, JSONPath(isAbsolute: false, components: [.member(name)], text: name))
  }
}
