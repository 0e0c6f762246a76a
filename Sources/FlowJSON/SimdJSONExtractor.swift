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
    var plan = try ExtractionPlan(mapping, context)
    var extraction = try Extraction(mapping: mapping, plan: plan, context: context)
    try parsers.withDocument(document) { parser in
      for rule in mapping.points { try Self.check(rule, parser) }
      if let path = mapping.dated { try Self.checkDates(at: path, context, parser) }
      if try mapping.emptyForms.contains(where: { try Self.hasValue($0, parser) }) { plan.rowsMayBeAbsent = true }
      for column in mapping.columns {
        if case .total(let path) = column.origin { extraction.totals[column.name] = try Self.total(of: column, at: path, context, parser) }
        if let path = column.defaultWhere, try Self.isThere(path, mapping, context, parser) { extraction.setDefaultWhereObjectIsAbsent(of: column.name) }
      }
      try plan.withUnsafePlan { plan in try Self.run(&extraction, parser, plan) }
    }
    return try extraction.batch()
  }

  /// Throws at the first place that does not keep to the rule.
  private static func check(_ rule: PointRule, _ parser: OpaquePointer) throws {
    try ExtractionPlan.withUnsafeRule(rule) { unsafeRule in
      var location = flow_json_location()
      switch flow_json_points_fit(parser, unsafeRule, &location) {
      case .fit: break
      case .other: throw location.error(expected: "no other object or list than '\(rule.member)' there")
      case .noObject: throw location.error(expected: "an object with '\(rule.member)'")
      case .notEmpty: throw location.error(expected: "'\(rule.member)', or an object without anything else")
      case .none: throw location.error(expected: "it in one of the elements: the answer is to another question")
      }
    }
  }

  /// Throws where all dates there are other days' than those that were asked. The day before and the day after pass: in whose zone a day
  /// is meant differs.
  private static func checkDates(at path: JSONPath, _ context: ExtractionContext, _ parser: OpaquePointer) throws {
    guard let (parents, member) = path.parentAndMember, let dates = context.dates else { return }
    let date = MappedColumn(name: "date", kind: .date, origin: .path(member))
    let mapping = RecordMapping(rows: parents, rowsMayBeAbsent: true, columns: [date])
    let plan = try ExtractionPlan(mapping)
    let nearby = dates.lowerBound.advanced(byDays: -1)..<dates.upperBound.advanced(byDays: 1)
    var extraction = try Extraction(mapping: mapping, plan: plan, context: ExtractionContext(dates: nearby, windowColumn: date.name))
    try plan.withUnsafePlan { plan in try run(&extraction, parser, plan) }
    _ = try extraction.batch()
  }

  private static func hasValue(_ form: EmptyForm, _ parser: OpaquePointer) throws -> Bool {
    guard case .value(let path, let text) = form else { return false }
    var table = PathTable()
    table.append(path.components) { _ in .text("") }
    let cell = flow_json_value(parser, table.names, table.steps, UInt32(table.steps.count))
    return cell.kind == .text && String(decoding: cell.text, as: UTF8.self) == text
  }

  /// The sum over everything that the path leads to, within the window if the column says by what; nil where that is nothing.
  private static func total(
    of column: MappedColumn, at path: JSONPath, _ context: ExtractionContext, _ parser: OpaquePointer
  ) throws -> Double? {
    guard let (parents, member) = path.parentAndMember else {
      throw ExtractionError(pointer: "", found: "the path '\(path.text)' of column '\(column.name)'", expected: "a path that ends in a member")
    }
    var part = column
    part.kind = .real
    part.origin = .path(member)
    part.isRequired = false
    var partContext = ExtractionContext()
    var columns = [part]
    if let within = column.totalWithin {
      columns.append(MappedColumn(name: "within", kind: .instant, origin: .path(within)))
      partContext.window = context.window
    }
    let mapping = RecordMapping(rows: parents, rowsMayBeAbsent: true, columns: columns)
    let plan = try ExtractionPlan(mapping)
    var extraction = try Extraction(mapping: mapping, plan: plan, context: partContext)
    try plan.withUnsafePlan { plan in try run(&extraction, parser, plan) }
    let parts = try extraction.batch().columns[0]
    guard case .real(let values) = parts.values else { return nil }
    let known = values.indices.filter { parts.isNull?[$0] != true }
    return known.isEmpty ? nil : known.reduce(0) { $0 + values[$1] }
  }

  private static func isThere(
    _ path: JSONPath, _ mapping: RecordMapping, _ context: ExtractionContext, _ parser: OpaquePointer
  ) throws -> Bool {
    var table = PathTable()
    let comparisons = SelectorComparisons(mapping: mapping, context: context, readColumns: [])
    try table.append(path.components, matching: comparisons.match)
    switch flow_json_value(parser, table.names, table.steps, UInt32(table.steps.count)).kind {
    case .absent, .parentAbsent, .null, .unfit, .outside: return false
    default: return true
    }
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
    table.append(try Self.components(ofPointer: pointer)) { _ in .text("") }
    return try parsers.withDocument(document) { parser in
      let cell = flow_json_value(parser, table.names, table.steps, UInt32(table.steps.count))
      switch cell.kind {
      case .text: return String(decoding: cell.text, as: UTF8.self)
      case .integer, .natural, .real, .boolean: return cell.words
      // A pointer into something of another shape finds nothing: answers of a provider in trouble differ in shape.
      case .absent, .parentAbsent, .null, .unfit, .unmatched: return nil
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
