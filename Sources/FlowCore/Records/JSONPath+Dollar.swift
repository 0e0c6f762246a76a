extension JSONPath {
  /// Parses the notation of JSONPath as NiFi's processors use it, as far as this type can express it: `$`, `.name`, `['name']`, `[0]`, `.*` and
  /// `[*]`. nil for anything else: filters, ranges, several names, negative indices, `..`, functions.
  package init?(dollarNotation text: String) {
    guard text.hasPrefix("$") else { return nil }
    var rest = text.dropFirst()
    var components: [Component] = []
    while let first = rest.first {
      rest = rest.dropFirst()
      switch first {
      case ".":
        let name = rest.prefix { $0 != "." && $0 != "[" }
        guard !name.isEmpty, !name.contains("("), !name.contains("]"), !name.contains(" ") else { return nil }
        components.append(name == "*" ? .each : .member(String(name)))
        rest = rest[name.endIndex...]
      case "[":
        guard let component = Self.bracketed(&rest) else { return nil }
        components.append(component)
      default: return nil
      }
    }
    self.init(isAbsolute: true, components: components, text: text)
  }

  /// What stands between brackets; takes the closing one too.
  private static func bracketed(_ rest: inout Substring) -> Component? {
    if let quote = rest.first, quote == "'" || quote == "\"" {
      var name = ""
      rest = rest.dropFirst()
      while let character = rest.first, character != quote {
        rest = rest.dropFirst()
        guard character == "\\" else {
          name.append(character)
          continue
        }
        guard let escaped = rest.first else { return nil }
        name.append(escaped)
        rest = rest.dropFirst()
      }
      guard rest.hasPrefix("\(quote)]") else { return nil }
      rest = rest.dropFirst(2)
      return .member(name)
    }
    guard let end = rest.firstIndex(of: "]") else { return nil }
    let inner = String(rest[..<end])
    rest = rest[rest.index(after: end)...]
    if inner == "*" { return .each }
    return Int(inner).flatMap { $0 >= 0 && String($0) == inner ? .index($0) : nil }
  }
}
