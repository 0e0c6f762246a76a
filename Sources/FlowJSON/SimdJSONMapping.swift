import CSimdJSON
import FlowCore

/// A mapping compiled for simdjson: everything that does not depend on the document is prepared once.
///
/// The C++ code delivers cells in chunks; `ColumnBuilder` validates and stores them column by column.
struct SimdJSONMapping: CompiledMapping {
  /// Cells per chunk: 64 KB, regardless of the number of columns.
  private static let cellsPerChunk = 4096

  /// A part of the document that is read with its own mapping.
  struct Part: Sendable {
    var mapping: RecordMapping
    var plan: ExtractionPlan

    init(_ mapping: RecordMapping) throws {
      self.mapping = mapping
      plan = try ExtractionPlan(mapping)
    }

    func batch(_ context: ExtractionContext, _ parser: OpaquePointer) throws -> RecordBatch {
      var extraction = try Extraction(mapping: mapping, plan: plan, context: context)
      try plan.withUnsafePlan { plan in try SimdJSONMapping.run(&extraction, parser, plan) }
      return try extraction.batch()
    }
  }

  let mapping: RecordMapping
  let parsers: JSONParserPool
  let plan: ExtractionPlan
  /// Whether selectors compare with attribute values, which differ between documents, so that the plan must be rebuilt.
  private let comparesWithAttributes: Bool
  private let points: [PointPlan]
  private let dates: Part?
  /// The `total` columns with their mappings.
  let totals: [(column: MappedColumn, part: Part)]
  /// Reads the columns that assign rows to parts, by name.
  let windows: [String: Part]

  init(_ mapping: RecordMapping, _ parsers: JSONParserPool) throws {
    self.mapping = mapping
    self.parsers = parsers
    plan = try ExtractionPlan(mapping)
    comparesWithAttributes = mapping.comparesWithAttributes
    points = try mapping.points.map { try PointPlan($0) }
    dates = try mapping.dated.flatMap(\.parentAndMember).map { parents, member in
      try Part(
        RecordMapping(
          rows: parents, rowsMayBeAbsent: true, columns: [MappedColumn(name: Self.date, kind: .date, origin: .path(member))]))
    }
    windows = try Self.windows(mapping)
    totals = try mapping.columns.compactMap { column in
      guard case .total(let path) = column.origin else { return nil }
      return (column, try Part(try Self.total(of: column, at: path)))
    }
  }
  private static let date = "date"

  private static func total(of column: MappedColumn, at path: JSONPath) throws -> RecordMapping {
    guard let (parents, member) = path.parentAndMember else {
      throw ExtractionError(pointer: "", found: "the path '\(path.text)' of column '\(column.name)'", expected: "a path that ends in a member")
    }
    var part = column
    part.kind = .real
    part.origin = .path(member)
    part.isRequired = false
    let within = column.totalWithin.map { [MappedColumn(name: "within", kind: .instant, origin: .path($0))] } ?? []
    return RecordMapping(rows: parents, rowsMayBeAbsent: true, columns: [part] + within)
  }

  func extract(_ document: [UInt8], context: ExtractionContext) throws -> RecordBatch {
    try parsers.withDocument(document) { parser in
      try check(context, parser)
      var sums = PartSums(totals)
      return try extraction(context, parser, mayLackRows: try mayLackRows(parser), &sums).batch()
    }
  }

  /// The rules for the document as a whole.
  func check(_ context: ExtractionContext, _ parser: OpaquePointer) throws {
    for rule in points { try rule.check(parser) }
    if let dates, !context.isPartOfAnswer { try Self.check(dates, context, parser) }
  }

  /// Whether a value declares the document empty.
  func mayLackRows(_ parser: OpaquePointer) throws -> Bool {
    try mapping.emptyForms.contains { try Self.hasValue($0, parser) }
  }

  /// - Parameter rows: the rows to take, by number; nil takes all.
  func extraction(
    _ context: ExtractionContext, _ parser: OpaquePointer, mayLackRows: Bool, rows: [Bool]? = nil, _ sums: inout PartSums
  ) throws -> Extraction {
    var plan = comparesWithAttributes ? try ExtractionPlan(mapping, context) : self.plan
    var extraction = try Extraction(mapping: mapping, plan: plan, context: context)
    extraction.wantedRows = rows
    if mayLackRows { plan.rowsMayBeAbsent = true }
    for (column, _) in totals { extraction.totals[column.name] = try sums.sum(column, context, parser) }
    for column in mapping.columns {
      if let path = column.defaultWhere, try isThere(path, context, parser) { extraction.setDefaultWhereObjectIsAbsent(of: column.name) }
    }
    try plan.withUnsafePlan { plan in try Self.run(&extraction, parser, plan) }
    return extraction
  }

  /// Throws if all dates in the response are outside the requested days. The adjacent days are accepted, because
  /// servers differ in the zone to which a day refers.
  private static func check(_ part: Part, _ context: ExtractionContext, _ parser: OpaquePointer) throws {
    guard let dates = context.dates else { return }
    let nearby = dates.lowerBound.advanced(byDays: -1)..<dates.upperBound.advanced(byDays: 1)
    _ = try part.batch(ExtractionContext(dates: nearby, windowColumn: date), parser)
  }

  private static func hasValue(_ form: EmptyForm, _ parser: OpaquePointer) throws -> Bool {
    guard case .value(let path, let text) = form else { return false }
    var table = PathTable()
    table.append(path.components) { _ in .text("") }
    let cell = flow_json_value(parser, table.names, table.steps, UInt32(table.steps.count))
    return cell.kind == .text && String(decoding: cell.text, as: UTF8.self) == text
  }

  private func isThere(_ path: JSONPath, _ context: ExtractionContext, _ parser: OpaquePointer) throws -> Bool {
    var table = PathTable()
    let comparisons = SelectorComparisons(mapping: mapping, context: context, readColumns: [])
    try table.append(path.components, matching: comparisons.match)
    switch flow_json_value(parser, table.names, table.steps, UInt32(table.steps.count)).kind {
    case .absent, .parentAbsent, .null, .unfit, .outside, .unmatched: return false
    default: return true
    }
  }

  fileprivate static func run(
    _ extraction: inout Extraction, _ parser: OpaquePointer, _ plan: UnsafePointer<flow_json_plan>
  ) throws {
    let columnCount = Int(plan.pointee.column_count)
    let capacity = max(64, cellsPerChunk / max(1, columnCount))
    try withUnsafeTemporaryAllocation(of: flow_json_cell.self, capacity: capacity * max(1, columnCount)) { cells in
      extraction.cells = cells
      extraction.capacity = capacity
      defer { extraction.cells = UnsafeMutableBufferPointer(start: nil, count: 0) }
      var location = flow_json_location()
      let status = withUnsafeMutablePointer(to: &extraction) { pointer in
        flow_json_rows(
          parser, plan, cells.baseAddress, capacity, pointer,
          { context, count, remaining in
            guard let extraction = context?.assumingMemoryBound(to: Extraction.self) else { return false }
            return extraction.pointee.take(count: count, remaining: remaining)
          }, &location)
      }
      if let invalidCell = extraction.invalidCell {
        flow_json_locate(parser, plan, UInt64(invalidCell.row), UInt32(invalidCell.column), &location)
        throw location.error(expected: invalidCell.expected)
      }
      if status == .noRows { throw location.error(expected: "a list of rows or an object") }
    }
  }
}

/// A compiled rule about points.
private struct PointPlan: Sendable {
  private let rule: PointRule
  private let plan: ExtractionPlan
  /// The index of the rule's first name among the plan's steps.
  private let firstName: Int

  init(_ rule: PointRule) throws {
    self.rule = rule
    var plan = try ExtractionPlan(RecordMapping(rows: rule.elements, rowsMayBeAbsent: true, columns: []))
    firstName = plan.append(names: [rule.member] + rule.beside + (rule.empty ?? []))
    self.plan = plan
  }

  /// Throws at the first violation.
  func check(_ parser: OpaquePointer) throws {
    try plan.withUnsafePlan { elements in
      var unsafeRule = flow_json_point_rule(
        elements: elements, members: elements.pointee.steps + firstName, beside_count: UInt32(rule.beside.count),
        may_be_empty: rule.empty != nil, empty_count: UInt32(rule.empty?.count ?? 0), may_lack: rule.mayLack)
      var location = flow_json_location()
      switch flow_json_points_fit(parser, &unsafeRule, &location) {
      case .fit: break
      case .other: throw location.error(expected: "no other object or list than '\(rule.member)' there")
      case .noObject: throw location.error(expected: "an object with '\(rule.member)'")
      case .notEmpty: throw location.error(expected: "'\(rule.member)', or an object without anything else")
      case .none: throw location.error(expected: "it in at least one element: the response answers a different request")
      }
    }
  }
}

extension RecordMapping {
  /// Whether a selector refers to a column whose values come from attributes.
  fileprivate var comparesWithAttributes: Bool {
    let paths = [rows] + columns.flatMap { [$0.path, $0.defaultWhere].compactMap { $0 } }
    let referred = Set(paths.flatMap(\.referredColumns))
    return columns.contains { column in
      if case .attribute = column.origin { referred.contains(column.name) } else { false }
    }
  }
}
