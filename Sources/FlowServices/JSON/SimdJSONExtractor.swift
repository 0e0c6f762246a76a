import CSimdJSON
import FlowCore

/// `RecordExtractor` on simdjson's DOM parser, which validates the whole document before the first row is read.
///
/// The parser gives cells in chunks; `ColumnBuilder` judges and stores them column by column. Parsers are kept for reuse, so one
/// extractor serves a whole run. Any thread, several at a time.
package struct SimdJSONExtractor: RecordExtractor {
  /// Cells of one chunk: 64 KB, whatever the number of columns.
  private static let cellsPerChunk = 4096
  private let parsers = JSONParserPool()

  package init() {}

  package func extract(
    _ document: [UInt8], mapping: RecordMapping, context: ExtractionContext
  ) throws -> RecordBatch {
    let plan = try ExtractionPlan(mapping)
    var extraction = try Extraction(mapping: mapping, plan: plan, context: context)
    try parsers.withDocument(document) { parser in
      try plan.withUnsafePlan { plan in try Self.run(&extraction, parser, plan) }
    }
    return try extraction.batch()
  }

  private static func run(
    _ extraction: inout Extraction, _ parser: OpaquePointer, _ plan: UnsafePointer<flow_json_plan>
  ) throws {
    let columnCount = Int(plan.pointee.column_count)
    let capacity = max(64, cellsPerChunk / max(1, columnCount))
    try withUnsafeTemporaryAllocation(of: flow_json_cell.self, capacity: capacity * max(1, columnCount)) { cells in
      extraction.cells = UnsafeBufferPointer(cells)
      extraction.capacity = capacity
      defer { extraction.cells = UnsafeBufferPointer(start: nil, count: 0) }
      var location = flow_json_location()
      let status = withUnsafeMutablePointer(to: &extraction) { pointer in
        flow_json_rows(
          parser, plan, cells.baseAddress, capacity, pointer,
          { context, count, remaining in
            guard let extraction = context?.assumingMemoryBound(to: Extraction.self) else { return false }
            return extraction.pointee.take(count: count, remaining: remaining)
          }, &location)
      }
      if let offence = extraction.offence {
        flow_json_locate(parser, plan, UInt64(offence.row), UInt32(offence.column), &location)
        throw location.error(expected: offence.expected)
      }
      if status == .noRows { throw location.error(expected: "a list of rows or an object") }
    }
  }

  package func text(at pointer: String, in document: [UInt8]) throws -> String? {
    var table = PathTable()
    table.append(try Self.components(ofPointer: pointer))
    return try parsers.withDocument(document) { parser in
      let cell = flow_json_value(parser, table.names, table.steps, UInt32(table.steps.count))
      switch cell.kind {
      case .text: return String(decoding: cell.text, as: UTF8.self)
      case .integer, .natural, .real, .boolean: return cell.words
      // A pointer into something of another shape finds nothing: answers of a provider in trouble differ in shape.
      case .absent, .parentAbsent, .null, .unfit: return nil
      case .list, .object, .civilDate, .twice, .outside:
        throw ExtractionError(pointer: pointer, found: cell.words, expected: "text, a number or a boolean")
      }
    }
  }

  /// RFC 6901 without additions: `*`, `..` and brackets are members' names here.
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
