/// The variables of NiFi 1.x that a group sees, and the references to them in its expressions.
///
/// NiFi looks a name up among the attributes of the FlowFile, then among the variables of the group and of those around it. A flow file has parameters
/// instead: `${name}` becomes `${name:replaceNull(#{name})}`, which does the same.
struct VariableReferences {
  struct Variable: Sendable {
    /// Identifier of the group that defines it.
    var group: String
    var value: String?
  }

  /// The variables of one group, which those in it share: many groups may be in one that has many.
  private final class Scope: Sendable {
    let own: [String: Variable]
    let outer: Scope?

    init(_ own: [String: Variable], in outer: Scope?) {
      self.own = own
      self.outer = outer
    }
  }

  /// nil: there are no variables.
  private var scope: Scope?

  init() {}

  /// What a group sees that lies in the group of this one.
  func with(_ group: NiFiGroup) -> VariableReferences {
    guard !group.variables.isEmpty else { return self }
    var inner = self
    let own = Dictionary(group.variables.map { ($0.name, Variable(group: group.id, value: $0.value)) }) { $1 }
    inner.scope = Scope(own, in: scope)
    return inner
  }

  /// Whether there is a variable of that name.
  func has(_ name: String) -> Bool { self[name] != nil }

  private subscript(name: String) -> Variable? {
    var next = scope
    while let scope = next {
      if let variable = scope.own[name] { return variable }
      next = scope.outer
    }
    return nil
  }

  /// A text in which expressions about a variable fall back on a parameter.
  /// - Parameter parameter: the flow's name for a variable.
  func rewritten(_ text: String, parameter: (_ name: String, Variable) -> String) -> String {
    guard scope != nil else { return text }
    return Self.replaced(text) { subject, end in
      guard let variable = self[subject.name] else { return nil }
      return "${\(subject.text):replaceNull(#{\(parameter(subject.name, variable))})\(end)"
    }
  }

  /// A text that NiFi evaluates against variables alone: `${name}` becomes `#{name}`. What has functions stays.
  /// - Parameter parameter: the flow's name for a variable; nil stands for one that is not in the file.
  func resolved(_ text: String, parameter: (_ name: String, Variable?) -> String) -> String {
    Self.replaced(text) { subject, end in end == "}" ? "#{\(parameter(subject.name, self[subject.name]))}" : nil }
  }

  /// The properties of a service, with the values of variables in place of references to them.
  /// - Parameter room: bytes that values may still take, less those that these took; a reference to a longer value stays.
  func resolved(_ properties: [NiFiProperty], room: inout Int) -> [NiFiProperty] {
    guard scope != nil else { return properties }
    return properties.map { property in
      var property = property
      property.value = property.value.map { text in
        Self.replaced(text) { subject, end in
          // A secret stays where it is.
          guard end == "}", !SecretName.matches(subject.name), let value = self[subject.name]?.value, value.utf8.count <= room else { return nil }
          room -= value.utf8.count
          return value
        }
      }
      return property
    }
  }

  // MARK: Reading

  private struct Subject {
    /// As it is written, perhaps between quotes.
    var text: Substring
    var name: String
  }

  /// Replaces what begins an expression, from `${` to the `}` or `:` behind the name of an attribute, the end included.
  private static func replaced(_ text: String, by replacement: (Subject, _ end: Character) -> String?) -> String {
    guard text.contains("${") else { return text }
    var result = ""
    var rest = text[...]
    while let sign = rest.firstIndex(of: "$") {
      result += rest[..<sign]
      let signs = rest[sign...].prefix { $0 == "$" }
      rest = rest[signs.endIndex...]
      // `$${` is a text.
      guard rest.first == "{", signs.count % 2 == 1, let (subject, end) = subject(rest.dropFirst()), let replacement = replacement(subject, rest[end]) else {
        result += signs
        continue
      }
      result += signs.dropLast() + replacement
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  /// The attribute that an expression begins with, and where the `}` or `:` behind it is.
  private static func subject(_ text: Substring) -> (Subject, end: Substring.Index)? {
    let start = text.drop(while: \.isWhitespace)
    let written: Substring
    let name: Substring
    if let quote = start.first, quote == "'" || quote == "\"" {
      name = start.dropFirst().prefix { $0 != quote && $0 != "\\" }
      guard start[name.endIndex...].first == quote else { return nil }
      written = start[..<start.index(after: name.endIndex)]
    } else {
      name = start.prefix { !$0.isWhitespace && !"${}()[],:;/*'\"#".contains($0) }
      written = name
    }
    let end = start[written.endIndex...].drop(while: \.isWhitespace).startIndex
    guard !name.isEmpty, end < start.endIndex, start[end] == "}" || start[end] == ":" else { return nil }
    return (Subject(text: written, name: String(name)), end)
  }
}
