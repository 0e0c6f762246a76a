import FlowCore
import FlowExpression
import FlowPatterns

/// A path from the root of JSON content, in one of two notations: a pointer, or a JSONPath as NiFi's processors take it.
package enum JSONContentPath: Sendable {
  /// Members, indices and `*`, in either notation: values stay as they are written.
  case places(JSONPath)
  /// A JSONPath with more: filters, ranges, `..`, negative indices, several names, functions. Values are written anew, as in NiFi.
  case query(JSONPathQuery, text: String)

  var text: String {
    switch self {
    case .places(let path): path.text
    case .query(_, let text): text
    }
  }
}

extension PropertyKind where Value == JSONContentPath {
  static var contentPath: PropertyKind {
    let expected = "a path from the root such as /dataPoints/*/zones or $.dataPoints[?(@.minutes > 0)].zones"
    return PropertyKind("JSON path", expected: expected) { node, reader in
      guard case .scalar(let text) = node.value else {
        reader.report(node, expected: expected)
        return nil
      }
      guard text.hasPrefix("$") else {
        guard reader.hasPointerEscapes(text, of: node) else { return nil }
        // A selector compares with columns of a row, which there is none of here.
        guard let path = JSONPath(text), path.leadsToRows, JSONPlaces.follows(path) else {
          reader.report(node, expected: expected, hint: text.contains("[") ? "a path with '[' begins with '$'" : nil)
          return nil
        }
        return .places(path)
      }
      if let path = JSONPath(dollarNotation: text) { return .places(path) }
      do throws(ExpressionProblem) {
        return .query(try JSONPathQuery(text), text: text)
      } catch {
        reader.report(node, expected: error.expected)
        return nil
      }
    }
  }
}

/// JSON content, in which paths are followed.
struct JSONContent {
  /// What a path leads to.
  enum Result {
    /// No match.
    case nothing
    case value(JSONMatch)
    /// Of a path that may have any number of matches, as with `*`.
    case list([JSONMatch])
  }

  private let places: JSONPlaces
  /// Read when the first query needs it.
  private var document: JSONValue?

  /// - Throws: `ProcessorError` (`bad_data`) for rows, `ExtractionError` for content that is not JSON in every part.
  init(_ flowFile: FlowFile) throws {
    places = try JSONPlaces(try flowFile.jsonContent(), .jsonPath)
  }

  /// - Throws: `ExtractionError` for content that is not UTF-8 or too deep for a query, `ProcessorError` (`bad_data`) if a filter searches too long.
  mutating func result(of path: JSONContentPath) throws -> Result {
    switch path {
    case .places(let path):
      guard let found = try places.matches(of: path) else { return .nothing }
      let matches = found.map { JSONMatch.place($0, places) }
      if path.components.contains(where: \.isEach) { return .list(matches) }
      return matches.first.map(Result.value) ?? .nothing
    case .query(let query, _):
      let document = try read()
      do {
        switch try query.result(in: document) {
        case .nothing: return .nothing
        case .value(let value): return .value(.read(value))
        case .list(let values): return .list(values.map(JSONMatch.read))
        }
      } catch let problem as PatternProblem { throw ProcessorError(.badData, problem.message) }
    }
  }

  private mutating func read() throws -> JSONValue {
    if let document { return document }
    let text = try places.text
    do throws(ExpressionProblem) {
      let read = try JSONReader.read(text, whole: true)
      document = read
      return read
    } catch {
      throw ExtractionError(isDocument: true, pointer: "", found: "the content cannot be searched", expected: error.expected)
    }
  }
}

/// A value in JSON content.
enum JSONMatch {
  case place(Range<Int>, JSONPlaces)
  case read(JSONValue)

  /// Whether it is an object or a list.
  var isContainer: Bool {
    switch self {
    case .place(let value, let places): places.scanner.isObject(value) || places.scanner.isList(value)
    case .read(let value): !value.isScalar
    }
  }

  /// The elements of a list; nil for anything else.
  var elements: [JSONMatch]? {
    switch self {
    case .place(let value, let places): places.scanner.elements(of: value)?.map { .place($0, places) }
    case .read(.array(let values)): values.map(JSONMatch.read)
    case .read: nil
    }
  }

  /// As JSON. Throws `ExtractionError` if it is not UTF-8.
  var json: String {
    get throws {
      switch self {
      case .place(let value, let places): try places.written(value)
      case .read(let value): value.json
      }
    }
  }

  /// A text without quotes and escapes, anything else as JSON. Throws `ExtractionError` if it is not UTF-8.
  /// - Parameter null: for a null.
  func shown(ofNull null: String) throws -> String {
    switch self {
    case .place(let value, let places): try places.shown(value, ofNull: null)
    case .read(let value): value.scalarText ?? null
    }
  }
}
