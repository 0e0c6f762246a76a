import CSimdJSON
import FlowCore

/// A `RecordExtractor` on simdjson's DOM parser, which validates the whole document before the first row is read.
///
/// Parsers are reused, so one extractor should serve a whole run. Safe for concurrent use.
package struct SimdJSONExtractor: RecordExtractor {
  private let parsers = JSONParserPool()

  package init() {}

  package func compile(_ mapping: RecordMapping) throws -> any CompiledMapping { try SimdJSONMapping(mapping, parsers) }

  package func extract(_ document: [UInt8], mapping: RecordMapping, context: ExtractionContext) throws -> RecordBatch {
    try SimdJSONMapping(mapping, parsers).extract(document, context: context)
  }

  package func text(at pointer: String, in document: [UInt8]) throws -> String? {
    var table = PathTable()
    table.append(try Self.components(ofPointer: pointer)) { _ in .text("") }
    return try parsers.withDocument(document) { parser in
      let cell = flow_json_value(parser, table.names, table.steps, UInt32(table.steps.count))
      switch cell.kind {
      case .text: return String(decoding: cell.text, as: UTF8.self)
      case .integer, .natural, .real, .boolean: return cell.summary
      // A pointer into a value of another shape finds nothing: error responses often have a different shape.
      case .absent, .parentAbsent, .null, .unfit, .unmatched: return nil
      case .list, .object, .civilDate, .twice, .outside:
        throw ExtractionError(pointer: pointer, found: cell.summary, expected: "text, a number or a boolean")
      }
    }
  }

  /// Plain RFC 6901: here, `*`, `..` and brackets are part of member names.
  private static func components(ofPointer pointer: String) throws -> [JSONPath.Component] {
    if pointer.isEmpty { return [] }
    guard pointer.hasPrefix("/") else {
      throw ExtractionError(pointer: "", found: "the pointer '\(pointer)'", expected: "a JSON pointer, which begins with /")
    }
    return pointer.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map { part in
      let name = part.split(separator: "~1", omittingEmptySubsequences: false).joined(separator: "/")
        .split(separator: "~0", omittingEmptySubsequences: false).joined(separator: "~")
      return Int(name).flatMap { String($0) == name && $0 >= 0 ? .index($0) : nil } ?? .member(name)
    }
  }
}
