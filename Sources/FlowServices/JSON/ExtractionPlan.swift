import CSimdJSON
import FlowCore

/// A mapping in the form that the C++ walk reads: flat steps over one table of names. Owns the memory.
struct ExtractionPlan {
  /// For each column of the plan its index in the mapping; columns that are not read from the document are missing.
  private(set) var readColumns: [Int] = []
  private var table = PathTable()
  private var columns: [flow_json_column] = []
  private let rowStepCount: Int
  private let rowsMayBeAbsent: Bool

  /// Throws `ExtractionError` for a mapping that cannot be meant; the flow file's are checked at load.
  init(_ mapping: RecordMapping) throws {
    guard mapping.rows.leadsToRows else {
      throw Self.mistake("the path of the rows '\(mapping.rows.text)'", "a path from the root without ..")
    }
    rowsMayBeAbsent = mapping.rowsMayBeAbsent
    rowStepCount = table.append(mapping.rows.components)
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
      case .attribute: break
      }
    }
  }

  private mutating func append(_ path: JSONPath, of column: MappedColumn, at index: Int) throws {
    guard path.leadsToValue else {
      throw Self.mistake("the path '\(path.text)' of column '\(column.name)'", "a path to one value")
    }
    let inner = path.components.drop { $0 == .enclosing }
    let first = table.steps.count
    let count = table.append(inner)
    columns.append(
      flow_json_column(
        first_step: UInt32(first), step_count: UInt32(count), from_root: path.isAbsolute,
        takes_civil_date: column.kind == .date, enclosing: UInt32(path.components.count - inner.count)))
    readColumns.append(index)
  }

  private static func mistake(_ found: String, _ expected: String) -> ExtractionError {
    ExtractionError(pointer: "", found: found, expected: expected)
  }

  func withUnsafePlan<Result>(_ body: (UnsafePointer<flow_json_plan>) throws -> Result) rethrows -> Result {
    try table.names.withUnsafeBufferPointer { names in
      try table.steps.withUnsafeBufferPointer { steps in
        try columns.withUnsafeBufferPointer { columns in
          var plan = flow_json_plan(
            names: names.baseAddress, steps: steps.baseAddress, row_step_count: UInt32(rowStepCount),
            rows_may_be_absent: rowsMayBeAbsent, columns: columns.baseAddress, column_count: UInt32(columns.count))
          return try body(&plan)
        }
      }
    }
  }
}

/// Paths as steps; their names lie in one table.
struct PathTable {
  /// Never empty, so that it has an address.
  private(set) var names: [UInt8] = [0]
  private(set) var steps: [flow_json_step] = []

  /// Adds a path and returns how many steps it has.
  @discardableResult
  mutating func append(_ components: some Collection<JSONPath.Component>) -> Int {
    for component in components { steps.append(step(component)) }
    return components.count
  }

  private mutating func step(_ component: JSONPath.Component) -> flow_json_step {
    var step = flow_json_step()
    switch component {
    case .member(let name):
      step.kind = .member
      (step.name, step.name_length) = add(name)
    case .index(let index):
      step.kind = .index
      step.index = UInt64(index)
      (step.name, step.name_length) = add(String(index))
    case .element(let member, let text):
      step.kind = .element
      (step.name, step.name_length) = add(member)
      (step.equals, step.equals_length) = add(text)
    case .each: step.kind = .each
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
