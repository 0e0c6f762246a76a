import FlowCore
import FlowExpression

/// A value of NiFi's as a value of a flow file.
enum ValueConversion {
  enum Result: Equatable {
    case value(YAMLValue)
    /// The value as it is, which flowrun does not accept, with the reason: `validate` names it.
    case unsuitable(YAMLValue, String)
    /// The processor cannot be imported with this value.
    case placeholder(String)
  }

  static func value(_ text: String, _ rule: ValueRule) -> Result {
    // What a parameter stands for is known when the flow is loaded.
    let isParameter = text.contains("#{")
    if rule != .expression, rule != .escaped, text.contains("${") { return .placeholder("an expression, which is not evaluated here: '\(Quote.short(text))'") }
    switch rule {
    case .expression, .literal, .environment: return .value(.text(text))
    case .escaped: return .value(.text(text.replacing("${", with: "$${")))
    case .choice(let choices):
      if let choice = choices[text.lowercased()] { return .value(.text(choice)) }
      return isParameter
        ? .value(.text(text)) : .unsuitable(.text(text), "'\(Quote.short(text))' is none of \(Set(choices.values).sorted().joined(separator: ", "))")
    case .word: return .value(.text(isParameter ? text : word(text)))
    case .boolean:
      let word = text.lowercased()
      return ["true", "false"].contains(word) || isParameter
        ? .value(.text(isParameter ? text : word)) : .unsuitable(.text(text), "'\(Quote.short(text))' is neither true nor false")
    case .integer:
      return Int(text) != nil || isParameter ? .value(.text(text)) : .unsuitable(.text(text), "'\(Quote.short(text))' is no whole number")
    case .duration:
      if isParameter { return .value(.text(text)) }
      guard let duration = NiFiUnits.duration(text) else { return .unsuitable(.text(text), "'\(Quote.short(text))' is no duration") }
      return .value(.text(Units.text(of: duration)))
    case .size:
      if isParameter { return .value(.text(text)) }
      return NiFiUnits.bytes(text) != nil ? .value(.text(NiFiUnits.trimmed(text))) : .unsuitable(.text(text), "'\(Quote.short(text))' is no size")
    case .list:
      let elements = text.split(separator: ",").map { $0.drop { $0 == " " } }.map { element in
        var element = String(element)
        while element.hasSuffix(" ") { element.removeLast() }
        return element
      }
      return .value(.list(elements.filter { !$0.isEmpty }.map { .text($0) }))
    case .jsonPath:
      if let pointer = pointer(text) { return .value(.text(pointer)) }
      // As NiFi's library has it, a path without `$` begins at the root.
      let path = text.hasPrefix("$") ? text : "$." + text
      do throws(ExpressionProblem) {
        _ = try JSONPathQuery(path)
        return .value(.text(path))
      } catch { return .placeholder("the path '\(Quote.short(text))', which cannot be read (expected \(error.expected))") }
    }
  }

  /// Lower case, words joined by `_`: `Regex Replace` is `regex_replace`.
  static func word(_ text: String) -> String {
    var word = ""
    for character in text.lowercased() {
      if character.isLetter || character.isNumber { word.append(character) } else if !word.isEmpty, word.last != "_" { word.append("_") }
    }
    return word.hasSuffix("_") ? String(word.dropLast()) : word
  }

  /// A JsonPath of members, indices and `*` as a JSON pointer: `$.a[0]['b c'].*` is `/a/0/b c/*`. nil: it has more.
  ///
  /// As NiFi's library reads it: a path without `$` begins at the root, and a `.` before `[` means nothing.
  static func pointer(_ path: String) -> String? {
    guard !path.isEmpty, !path.hasPrefix("@") else { return nil }
    var pointer = ""
    var rest = path.hasPrefix("$") ? path.dropFirst() : "." + path
    while let first = rest.first {
      rest = rest.dropFirst()
      if first == ".", rest.first == "[" { continue }
      if first == "." {
        let name = rest.prefix { $0 != "." && $0 != "[" }
        guard !name.isEmpty, let part = part(name) else { return nil }
        pointer += "/" + part
        rest = rest[name.endIndex...]
      } else if first == "[", let quote = rest.first, quote == "'" || quote == "\"" {
        let name = rest.dropFirst().prefix { $0 != quote }
        guard !name.isEmpty, !name.contains("\\"), rest[name.endIndex...].hasPrefix("\(quote)]"), let part = part(name) else { return nil }
        pointer += "/" + part
        rest = rest[name.endIndex...].dropFirst(2)
      } else if first == "[" {
        let index = rest.prefix { $0 != "]" }
        guard index == "*" || (Int(index).map { $0 >= 0 && String($0) == index } ?? false), index.endIndex < rest.endIndex else { return nil }
        pointer += "/" + index
        rest = rest[index.endIndex...].dropFirst()
      } else {
        return nil
      }
    }
    return pointer.isEmpty ? "/" : pointer
  }

  private static func part(_ name: Substring) -> String? {
    if name == "*" { return "*" }
    guard !name.contains(where: { "()?@*[]=".contains($0) }), name != "..", Int(name) == nil else { return nil }
    return String(name).replacing("~", with: "~0").replacing("/", with: "~1")
  }
}
