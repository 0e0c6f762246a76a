import CSimdJSON
import FlowCore

/// A mapping in the form that the C++ code reads: flat steps over one table of names. Owns the memory.
struct ExtractionPlan: Sendable {
  /// The mapping's column index for each column of the plan; columns that are not read from the document are missing.
  private(set) var readColumns: [Int] = []
  private var table = PathTable()
  private var columns: [flow_json_column] = []
  private var rowStepCount = 0
  /// A form of an object without rows; its names are stored as steps.
  private struct EmptyObject {
    var depth: Int
    var isClosed: Bool
    var onlyCount: Int
    var hasCount: Int
    var firstStep: Int
  }
  private var emptyForms: [EmptyObject] = []
  /// Also set if the document contains a value that declares it empty.
  var rowsMayBeAbsent: Bool

  private let comparisons: SelectorComparisons

  /// Throws `ExtractionError` for an inconsistent mapping; the flow file's mappings are validated when it is loaded.
  init(_ mapping: RecordMapping, _ context: ExtractionContext = ExtractionContext()) throws {
    readColumns = mapping.columns.indices.filter { mapping.columns[$0].path != nil }
    comparisons = SelectorComparisons(mapping: mapping, context: context, readColumns: readColumns)
    guard mapping.rows.leadsToRows else {
      throw Self.mistake("the path of the rows '\(mapping.rows.text)'", "a path from the root without ..")
    }
    rowsMayBeAbsent = mapping.rowsMayBeAbsent
    rowStepCount = try table.append(mapping.rows.components, matching: comparisons.match)
    for form in mapping.emptyForms {
      guard case .object(let path, let only, let has) = form, mapping.rows.components.starts(with: path.components) else { continue }
      emptyForms.append(append(only: only, has: has, depth: path.components.count))
    }
    for (index, column) in mapping.columns.enumerated() {
      switch column.origin {
      case .path(let path): try append(path, of: column, at: index)
      case .timeOfDay(let path):
        guard column.kind == .instant else {
          throw Self.mistake("column '\(column.name)' with a time of day", "kind instant")
        }
        try append(path, of: column, at: index)
      case .zone(let name):
        guard column.kind == .offset, mapping.columns.contains(where: { $0.name == name && $0.kind == .instant }) else {
          throw Self.mistake("column '\(column.name)' with the zone of '\(name)'", "kind offset and an instant column")
        }
      case .attribute, .total: break
      }
    }
  }

  private mutating func append(only: [String]?, has: [String], depth: Int) -> EmptyObject {
    let first = append(names: (only ?? []) + has)
    return EmptyObject(depth: depth, isClosed: only != nil, onlyCount: only?.count ?? 0, hasCount: has.count, firstStep: first)
  }

  private mutating func append(_ path: JSONPath, of column: MappedColumn, at index: Int) throws {
    guard path.leadsToValue else {
      throw Self.mistake("the path '\(path.text)' of column '\(column.name)'", "a path to one value")
    }
    let inner = path.components.drop { $0 == .enclosing }
    let first = table.steps.count
    let count = try table.append(inner, matching: comparisons.match)
    columns.append(
      flow_json_column(
        first_step: UInt32(first), step_count: UInt32(count), from_root: path.isAbsolute,
        takes_civil_date: column.kind == .date, enclosing: UInt32(path.components.count - inner.count)))
  }

  fileprivate static func mistake(_ found: String, _ expected: String) -> ExtractionError {
    ExtractionError(pointer: "", found: found, expected: expected)
  }

  /// Appends names that are not part of the path of the rows; returns the index of the first step.
  mutating func append(names: [String]) -> Int {
    let first = table.steps.count
    for name in names { table.append([.member(name)]) { _ in .text("") } }
    return first
  }

  func withUnsafePlan<Result>(_ body: (UnsafePointer<flow_json_plan>) throws -> Result) rethrows -> Result {
    try table.names.withUnsafeBufferPointer { names in
      try table.steps.withUnsafeBufferPointer { steps in
        let forms = emptyForms.map { form in
          flow_json_empty_form(
            depth: UInt32(form.depth), is_closed: form.isClosed, members: steps.baseAddress.map { $0 + form.firstStep },
            only_count: UInt32(form.onlyCount), has_count: UInt32(form.hasCount))
        }
        return try columns.withUnsafeBufferPointer { columns in
          try forms.withUnsafeBufferPointer { forms in
            var plan = flow_json_plan(
              names: names.baseAddress, steps: steps.baseAddress, row_step_count: UInt32(rowStepCount),
              rows_may_be_absent: rowsMayBeAbsent, empty_forms: forms.baseAddress, empty_form_count: UInt32(forms.count),
              columns: columns.baseAddress, column_count: UInt32(columns.count))
            return try body(&plan)
          }
        }
      }
    }
  }
}

/// Resolves what the selectors of a mapping compare with: a text, possibly from an attribute column, or a column that
/// is read from the row.
struct SelectorComparisons {
  var mapping: RecordMapping
  var context: ExtractionContext
  var readColumns: [Int]

  func match(_ match: JSONPath.Match) throws -> PathTable.Match {
    let name: String
    switch match {
    case .text(let text): return .text(text)
    case .column(let column): name = column
    }
    guard let index = mapping.columns.firstIndex(where: { $0.name == name }) else {
      throw ExtractionPlan.mistake("a selector that refers to column '\(name)'", "a column of this mapping")
    }
    if case .attribute = mapping.columns[index].origin { return .text(context.attributeValues[name] ?? "") }
    guard case .path(let path) = mapping.columns[index].origin, path.referredColumns.isEmpty,
      let column = readColumns.firstIndex(of: index)
    else {
      throw ExtractionPlan.mistake("a selector that refers to column '\(name)'", "one from attributes or with a path without such a selector")
    }
    return .column(column)
  }
}

/// Paths as steps, with their names in one table.
struct PathTable {
  /// Never empty, so that it has an address.
  private(set) var names: [UInt8] = [0]
  private(set) var steps: [flow_json_step] = []

  /// The value with which a selector compares.
  enum Match {
    case text(String)
    /// An index into the plan's columns.
    case column(Int)
  }

  /// Appends a path and returns its number of steps.
  @discardableResult
  mutating func append(
    _ components: some Collection<JSONPath.Component>, matching match: (JSONPath.Match) throws -> Match
  ) rethrows -> Int {
    for component in components { steps.append(try step(component, match)) }
    return components.count
  }

  private mutating func step(
    _ component: JSONPath.Component, _ match: (JSONPath.Match) throws -> Match
  ) rethrows -> flow_json_step {
    var step = flow_json_step()
    step.column = .max
    switch component {
    case .member(let name):
      step.kind = .member
      (step.name, step.name_length) = add(name)
    case .index(let index):
      step.kind = .index
      step.index = UInt64(index)
      (step.name, step.name_length) = add(String(index))
    case .element(let path, let equals, let mayBeAbsent):
      step.kind = .element
      step.may_be_unmatched = mayBeAbsent
      (step.name, step.name_length) = add(path.joined(separator: "."))
      switch try match(equals) {
      case .text(let text): (step.equals, step.equals_length) = add(text)
      case .column(let column): step.column = UInt32(column)
      }
    case .each: step.kind = .each
    case .eachOrObject:
      step.kind = .each
      step.may_be_unmatched = true
    case .enclosing: preconditionFailure("'..' is counted, not walked")
    }
    return step
  }

  private mutating func add(_ name: String) -> (UInt32, UInt32) {
    let start = names.count
    names.append(contentsOf: name.utf8)
    return (UInt32(start), UInt32(names.count - start))
  }
}

extension MappedColumn {
  /// The path of a column that is read row by row; nil for other columns.
  var path: JSONPath? {
    switch origin {
    case .path(let path), .timeOfDay(let path): path
    case .attribute, .zone, .total: nil
    }
  }
}
