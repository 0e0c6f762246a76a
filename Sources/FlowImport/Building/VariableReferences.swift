/// The variables of NiFi 1.x that a group sees, and the references to them in its expressions.
///
/// NiFi looks a name up among the attributes of the FlowFile, then among the variables of the group and of those around it. A flow file has parameters
/// instead: `${name}` becomes `${name:replaceNull(#{name})}`, which does the same.
struct VariableReferences {
  struct Variable {
    /// Identifier of the group that defines it.
    var group: String
    var value: String?
  }

  private(set) var variables: [String: Variable] = [:]

  /// What a group sees that lies in the group of this one.
  func with(_ group: NiFiGroup) -> VariableReferences {
    guard !group.variables.isEmpty else { return self }
    var inner = self
    for variable in group.variables { inner.variables[variable.name] = Variable(group: group.id, value: variable.value) }
    return inner
  }

  /// A text in which expressions about a variable fall back on a parameter.
  /// - Parameter parameter: the flow's name for a variable.
  func rewritten(_ text: String, parameter: (_ name: String, Variable) -> String) -> String {
    guard !variables.isEmpty else { return text }
    return Self.replaced(text) { subject, end in
      guard let variable = variables[subject.name] else { return nil }
      return "${\(subject.text):replaceNull(#{\(parameter(subject.name, variable))})\(end)"
    }
  }

  /// A text that NiFi evaluates against variables alone: `${name}` becomes `#{name}`. What has functions stays.
  /// - Parameter parameter: the flow's name for a variable; nil stands for one that is not in the file.
  func resolved(_ text: String, parameter: (_ name: String, Variable?) -> String) -> String {
    Self.replaced(text) { subject, end in end == "}" ? "#{\(parameter(subject.name, variables[subject.name]))}" : nil }
  }

  /// The properties of a service, with the values of variables in place of references to them.
  func resolved(_ properties: [NiFiProperty]) -> [NiFiProperty] {
    guard !variables.isEmpty else { return properties }
    return properties.map { property in
      var property = property
      property.value = property.value.map { text in Self.replaced(text) { subject, end in end == "}" ? variables[subject.name]?.value : nil } }
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
