import FlowBase

/// `#{name}` outside of expressions: `##{name}` stands for the text `#{name}`, `###{name}` for `#` and the value.
struct ParameterReferences {
  let parameters: [String: ExpressionParameter]
  let scope: ExpressionParameter.Scope

  /// The value of a parameter; nil if references are disabled.
  ///
  /// - Throws: for an unknown or sensitive parameter.
  func value(_ name: String, at offset: Int) throws(ExpressionProblem) -> String? {
    if scope == .disabled { return nil }
    guard let parameter = parameters[name] else {
      throw ExpressionProblem(
        .parameter, offset: offset, found: "the unknown parameter '\(name)'", expected: "a declared parameter",
        hint: NearestName.suggestion(for: name, among: parameters.keys))
    }
    if parameter.isSensitive {
      throw ExpressionProblem(
        .parameter, offset: offset, found: "the sensitive parameter '\(name)'", expected: "a parameter that is not sensitive",
        hint: "a sensitive value would appear in FlowFiles")
    }
    return parameter.value
  }

  /// Replaces the references outside of expressions with their values.
  func resolvingOutside(_ source: PlacedText) throws(ExpressionProblem) -> PlacedText {
    guard scope != .insideExpressions, source.scalars.contains("#") else { return source }
    var result = PlacedText(at: source.offset(at: 0))
    var position = 0
    for range in ExpressionRanges.expressions(in: source) {
      result.append(try resolving(source[position..<range.lowerBound]))
      result.append(source[range])
      position = range.upperBound
    }
    result.append(try resolving(source[position..<source.count]))
    return result
  }

  private func resolving(_ source: PlacedText) throws(ExpressionProblem) -> PlacedText {
    var result = PlacedText(at: source.offset(at: 0))
    var position = 0
    while position < source.count {
      let hashes = source.scalars[position...].prefix { $0 == "#" }.count
      let brace = position + hashes
      guard hashes > 0, brace < source.count, source[brace] == "{",
        let end = source.scalars[brace...].firstIndex(of: "}")
      else {
        let length = max(hashes, 1)
        result.append(source[position..<(position + length)])
        position += length
        continue
      }
      result.append(source[position..<(position + hashes / 2)])
      if hashes.isMultiple(of: 2) {
        result.append(source[brace..<(end + 1)])
      } else {
        let offset = source.offset(at: brace - 1)
        let name = ParameterReferences.name(source.string((brace + 1)..<end))
        result.append(try value(name, at: offset) ?? "", at: offset, endingAt: source.offset(at: end + 1))
      }
      position = end + 1
    }
    return result
  }

  /// The name between the braces, without surrounding space and quotes.
  static func name(_ text: String) -> String {
    let trimmed = Text.trimmed(text)
    for quote in ["'", "\""] where trimmed.count >= 2 && trimmed.hasPrefix(quote) && trimmed.hasSuffix(quote) {
      return String(trimmed.dropFirst().dropLast())
    }
    return trimmed
  }
}
