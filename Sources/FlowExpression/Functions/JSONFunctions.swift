import FlowPatterns

extension Function {
  /// Functions on JSON text.
  static let json: [Function] = [
    Function(
      "jsonPath(path)", .json,
      """
      The match of a JSON path (Jayway): text unquoted, the only element of a list, anything else as JSON; empty \
      when there is no match. An error when the subject is not JSON.
      """,
      Example("${j:jsonPath('$.a[1].b')}", ["j": "{\"a\":[1,{\"b\":\"x\"}]}"], gives: "x")
    ) { site throws(ExpressionProblem) in
      let document = document(site)
      let path = try site.prepared(0, JSONPathQuery.init)
      return .text { e throws(EvaluationError) in
        let document = try document(e)
        guard let path = try path(e) else { throw EvaluationError("'jsonPath' has no path") }
        return try searching { try path.value(in: document) }.map(shown) ?? ""
      }
    },
    Function(
      "jsonPathDelete(path)", .json, "The JSON without the matches of the path.",
      Example("${j:jsonPathDelete('$.a')}", ["j": "{\"a\":1,\"b\":2}"], gives: "{\"b\":2}")
    ) { site throws(ExpressionProblem) in try updating(site) { _ in .delete } },
    Function(
      "jsonPathSet(path, value)", .json, "The JSON with the matches of the path replaced by the value.",
      Example("${j:jsonPathSet('$.a', 7)}", ["j": "{\"a\":1}"], gives: "{\"a\":7}")
    ) { site throws(ExpressionProblem) in
      let value = try jsonValue(site, 1)
      return try updating(site) { e throws(EvaluationError) in .set(try value(e)) }
    },
    Function(
      "jsonPathAdd(path, value)", .json, "The JSON with the value at the end of the list that the path matches.",
      Example("${j:jsonPathAdd('$.a', 'x')}", ["j": "{\"a\":[1]}"], gives: "{\"a\":[1,\"x\"]}")
    ) { site throws(ExpressionProblem) in
      let value = try jsonValue(site, 1)
      return try updating(site) { e throws(EvaluationError) in .append(try value(e)) }
    },
    Function(
      "jsonPathPut(path, key, value)", .json, "The JSON with a member set in the object that the path matches, as text.",
      Example("${j:jsonPathPut('$', 'b', 'x')}", ["j": "{\"a\":1}"], gives: "{\"a\":1,\"b\":\"x\"}")
    ) { site throws(ExpressionProblem) in
      let key = site.requiredText(1)
      let value = site.text(2)
      return try updating(site, whenMissing: .empty) { e throws(EvaluationError) in
        .put(try key(e), try value(e).map(JSONValue.string) ?? .null)
      }
    },
    Function(
      "isJson()", .json, "True when the text is a JSON object or list.",
      Example("${j:isJson()}", ["j": "[1, 2]"], gives: "true")
    ) { site in
      let text = site.text
      return .boolean { e throws(EvaluationError) in try text(e).map(isContainer) ?? false }
    },
  ]

  private static func isContainer(_ text: String) -> Bool {
    let bytes = Text.trimmed(text).utf8
    let ends = (bytes.first, bytes.last)
    guard ends == (UInt8(ascii: "{"), UInt8(ascii: "}")) || ends == (UInt8(ascii: "["), UInt8(ascii: "]")) else {
      return false
    }
    do {
      _ = try JSONReader.read(text)
      return true
    } catch { return false }
  }

  /// The subject as JSON.
  private static func document(_ site: CallSite) -> Compute<JSONValue> {
    let text = site.text
    let name = site.name
    return { e throws(EvaluationError) in
      guard let value = try text(e), !value.isEmpty else { throw EvaluationError("'\(name)' has an empty subject") }
      do throws(ExpressionProblem) { return try JSONReader.read(value) } catch {
        throw EvaluationError(
          "'\(name)' has a subject that is not JSON: expected \(error.expected)")
      }
    }
  }

  /// A result in NiFi's notation.
  private static func shown(_ value: JSONValue) -> String {
    if case .array(let values) = value, values.count == 1 { return shown(values[0]) }
    return value.scalarText ?? ""
  }

  /// Follows a path, in whose filters a search may take too long.
  private static func searching<Value>(_ follow: () throws -> Value) throws(EvaluationError) -> Value {
    do { return try follow() } catch { throw EvaluationError((error as? PatternProblem)?.message ?? "\(error)") }
  }

  /// The result for a path without matches.
  private enum Missing { case unchanged, empty }

  private static func updating(
    _ site: CallSite, whenMissing: Missing = .unchanged,
    _ change: @escaping Compute<JSONPathUpdate.Change>
  ) throws(ExpressionProblem) -> Operand {
    let document = document(site)
    let path = try site.prepared(0, JSONPathQuery.init)
    let name = site.name
    return .text { e throws(EvaluationError) in
      let document = try document(e)
      guard let path = try path(e) else { throw EvaluationError("'\(name)' has no path") }
      let change = try change(e)
      switch try searching({ try JSONPathUpdate.apply(change, path, to: document) }) {
      case .changed(let changed): return JSONWriter.text(changed)
      case .missing: return whenMissing == .unchanged ? JSONWriter.text(document) : ""
      case .unsuitable: return ""
      }
    }
  }

  /// An argument as a JSON value of its type.
  private static func jsonValue(_ site: CallSite, _ index: Int) throws(ExpressionProblem) -> Compute<JSONValue> {
    switch site.arguments[index].operand.form {
    case .text(let compute): return { e throws(EvaluationError) in try compute(e).map(JSONValue.string) ?? .null }
    case .boolean(let compute): return { e throws(EvaluationError) in try compute(e).map(JSONValue.boolean) ?? .null }
    case .whole(let compute): return { e throws(EvaluationError) in try compute(e).map(JSONValue.whole) ?? .null }
    case .decimal(let compute): return { e throws(EvaluationError) in try compute(e).map(JSONValue.decimal) ?? .null }
    case .number(let compute):
      return { e throws(EvaluationError) in
        switch try compute(e) {
        case .whole(let value): .whole(value)
        case .decimal(let value): .decimal(value)
        case nil: .null
        }
      }
    case .date, .instant:
      throw ExpressionProblem(
        .argument, offset: site.arguments[index].offset, found: "a value of type \(site.arguments[index].operand.type.rawValue)",
        expected: "a text, a number or a boolean", hint: "convert it with format(…)")
    }
  }
}
