import CSimdJSON
import FlowCore

// A document that answers several requests, such as each of its days.
extension SimdJSONMapping {
  func extract(_ document: [UInt8], parts contexts: [ExtractionContext]) throws -> PartedRecords {
    guard let whole = ExtractionContext(covering: contexts) else { return PartedRecords(parts: [], droppedCount: 0) }
    return try parsers.withDocument(document) { parser in
      try check(whole, parser)
      let mayLackRows = try mayLackRows(parser)
      return try together(contexts, whole, parser, mayLackRows: mayLackRows) ?? separately(contexts, whole, parser, mayLackRows: mayLackRows)
    }
  }

  // MARK: In one pass

  /// Reads all rows at once and assigns them afterwards. nil if the parts differ in more than their windows, or if anything is wrong: only
  /// reading each part by itself tells which.
  private func together(
    _ contexts: [ExtractionContext], _ whole: ExtractionContext, _ parser: OpaquePointer, mayLackRows: Bool
  ) throws -> PartedRecords? {
    guard totals.isEmpty, let name = whole.windowColumn, contexts.allSatisfy({ $0.attributeValues == whole.attributeValues }) else { return nil }
    var sums = PartSums(totals)
    let batch: RecordBatch
    do {
      batch = try extraction(whole, parser, mayLackRows: mayLackRows, &sums).batch()
    } catch is ExtractionError {
      return nil
    }
    guard let column = batch[name], let owners = RowOwners(column, contexts) else { return nil }
    var parts = owners.rows(contexts.count).map { batch.rows($0) }
    parts[0].emptyCount = batch.emptyCount
    return PartedRecords(parts: parts.map { .success($0) }, droppedCount: batch.droppedCount + owners.strayCount)
  }

  // MARK: Part by part

  /// Reads the rows of each part by themselves, so that an invalid value fails only its own part.
  private func separately(
    _ contexts: [ExtractionContext], _ whole: ExtractionContext, _ parser: OpaquePointer, mayLackRows: Bool
  ) throws -> PartedRecords {
    let owners = try whole.windowColumn.flatMap { windows[$0] }.map { try rowOwners($0, contexts, whole, parser, mayLackRows: mayLackRows) }
    if let owners, owners.strayCount > 0, owners.strayCount == owners.count, !whole.isPartOfAnswer, !whole.isOpenEnded {
      throw try Extraction(mapping: mapping, plan: plan, context: whole).outside(owners.strayCount)
    }
    var sums = PartSums(totals)
    var parts: [Result<RecordBatch, ExtractionError>] = []
    var unmatched: Set<Int>?
    var invalid: ExtractionError?
    for (index, context) in contexts.enumerated() {
      var part = context
      part.isPartOfAnswer = true
      do {
        let read = try extraction(part, parser, mayLackRows: mayLackRows, rows: owners?.marks(of: index), &sums)
        unmatched = unmatched?.intersection(read.unmatchedColumns) ?? read.unmatchedColumns
        parts.append(.success(try read.batch()))
      } catch let error as ExtractionError {
        parts.append(.failure(error))
        invalid = invalid ?? error
      }
    }
    if !whole.isPartOfAnswer { try sums.check(whole) }
    if let column = unmatched?.min(), !whole.isPartOfAnswer {
      // Whether the answer is to this request cannot be told: the one part that may have the element is invalid, and is the reason to name. The
      // other parts must not pass for empty all the same.
      if let invalid { throw invalid }
      throw ExtractionError(
        pointer: mapping.columns[column].path?.text ?? "", found: "a list without an element for any of the \(contexts.count) parts",
        expected: "one: the response answers a different request")
    }
    return PartedRecords(parts: parts, droppedCount: owners?.strayCount ?? 0)
  }

  /// Which part each row belongs to, from a pass over the window column alone. Throws if that is not known for a row.
  private func rowOwners(
    _ window: Part, _ contexts: [ExtractionContext], _ whole: ExtractionContext, _ parser: OpaquePointer, mayLackRows: Bool
  ) throws -> RowOwners {
    var context = ExtractionContext(utcOffset: whole.utcOffset, firstDate: whole.firstDate)
    context.attributeValues = whole.attributeValues
    var window = window
    if mayLackRows { window.plan.rowsMayBeAbsent = true }
    let batch = try window.batch(context, parser)
    guard let name = whole.windowColumn, let column = batch[name], let owners = RowOwners(column, contexts) else {
      throw ExtractionError(
        pointer: mapping.rows.text, found: "a row without '\(whole.windowColumn ?? "")'", expected: "a value that tells which part of the answer it belongs to")
    }
    return owners
  }

  /// Mappings of the columns that can assign rows to parts.
  static func windows(_ mapping: RecordMapping) throws -> [String: Part] {
    var windows: [String: Part] = [:]
    for column in mapping.columns where (column.kind == .instant || column.kind == .date) && column.path?.referredColumns == [] {
      let needed = mapping.columns.filter { [column.name, column.offsetAs, column.timeIn].contains($0.name) }.map { needed in
        var needed = needed
        // Each row counts: they are assigned by number.
        needed.skipsRowIfNull = false
        return needed
      }
      var window = RecordMapping(rows: mapping.rows, emptyForms: mapping.emptyForms, columns: needed)
      window.rowsMayBeAbsent = mapping.rowsMayBeAbsent
      windows[column.name] = try Part(window)
    }
    return windows
  }
}

/// The part to which each row of a document belongs.
struct RowOwners {
  private static let stray = -1

  /// The number of the part, by row.
  private var parts: [Int] = []
  /// Rows that belong to none.
  private(set) var strayCount = 0
  var count: Int { parts.count }

  /// nil if a row has no value, or the column holds neither instants nor dates.
  init?(_ column: RecordBatch.Column, _ contexts: [ExtractionContext]) {
    guard column.isNull?.contains(true) != true else { return nil }
    switch column.values {
    case .integer(let instants): assign(instants, contexts.map { $0.window }) { $0 }
    case .text(let dates): assign(dates, contexts.map { $0.dates }) { CivilDate(text: $0) }
    case .real: return nil
    }
  }

  /// Neighbouring rows mostly belong to one part, so the last one is tried first.
  private mutating func assign<Value: Equatable, Time: Comparable>(_ values: [Value], _ windows: [Range<Time>?], _ time: (Value) -> Time?) {
    parts.reserveCapacity(values.count)
    var last = 0
    var known: (value: Value, part: Int)?
    for value in values {
      if let known, known.value == value {
        add(known.part)
        continue
      }
      let time = time(value)
      let isOwner = { (part: Int) in windows[part].map { window in time.map(window.contains) ?? false } ?? false }
      if !isOwner(last), let found = windows.indices.first(where: isOwner) { last = found }
      let part = isOwner(last) ? last : Self.stray
      known = (value, part)
      add(part)
    }
  }

  private mutating func add(_ part: Int) {
    parts.append(part)
    if part == Self.stray { strayCount += 1 }
  }

  func marks(of part: Int) -> [Bool] { parts.map { $0 == part } }

  /// The numbers of the rows of each part.
  func rows(_ count: Int) -> [[Int]] {
    var rows = [[Int]](repeating: [], count: count)
    for (row, part) in parts.enumerated() where part != Self.stray { rows[part].append(row) }
    return rows
  }
}

/// The sums of `total` columns: the values are read once, and added up for each window.
struct PartSums {
  /// The values at a column's path.
  private struct Found {
    var path: String
    /// NULL where there is none.
    var values: [Double?]
    /// nil if the column names no instants.
    var instants: [Int64?]?
    /// Whether any sum contains some of them.
    var isUsed = false

    func outside(_ window: Range<Int64>) -> ExtractionError {
      ExtractionError(
        pointer: path, found: "a list of \(values.count) elements that are all outside of the requested range",
        expected: "some from \(Instant(seconds: window.lowerBound).text) until \(Instant(seconds: window.upperBound).text)")
    }
  }

  private let totals: [(column: MappedColumn, part: SimdJSONMapping.Part)]
  private var found: [String: Found] = [:]

  init(_ totals: [(column: MappedColumn, part: SimdJSONMapping.Part)]) { self.totals = totals }

  /// The sum of all values at the path, restricted to the window if the column names an instant; nil if there are none.
  mutating func sum(_ column: MappedColumn, _ context: ExtractionContext, _ parser: OpaquePointer) throws -> Double? {
    guard let part = totals.first(where: { $0.column.name == column.name })?.part else { return nil }
    var all = try found[column.name] ?? values(part, parser)
    defer { found[column.name] = all }
    var rows = Array(all.values.indices)
    if let instants = all.instants, let window = context.window {
      // An unknown instant counts as inside.
      rows.removeAll { instants[$0].map { !window.contains($0) } ?? false }
      if rows.isEmpty, !all.values.isEmpty, !context.isPartOfAnswer { throw all.outside(window) }
    }
    if !rows.isEmpty { all.isUsed = true }
    let known = rows.compactMap { all.values[$0] }
    return known.isEmpty ? nil : known.reduce(0, +)
  }

  /// Throws if values were read of which none was inside any window.
  func check(_ whole: ExtractionContext) throws {
    guard let window = whole.window, let stray = found.values.first(where: { !$0.isUsed && !$0.values.isEmpty }) else { return }
    throw stray.outside(window)
  }

  private func values(_ part: SimdJSONMapping.Part, _ parser: OpaquePointer) throws -> Found {
    let batch = try part.batch(ExtractionContext(), parser)
    var found = Found(path: part.mapping.rows.text, values: [])
    if case .real(let values)? = batch.columns.first?.values { found.values = values.indices.map { batch.columns[0].isNull?[$0] == true ? nil : values[$0] } }
    if batch.columns.count > 1, case .integer(let instants) = batch.columns[1].values {
      found.instants = instants.indices.map { batch.columns[1].isNull?[$0] == true ? nil : instants[$0] }
    }
    return found
  }
}

extension ExtractionContext {
  /// The context of an answer to all of these; nil if there are none.
  fileprivate init?(covering contexts: [ExtractionContext]) {
    guard var whole = contexts.first else { return nil }
    let windows = contexts.compactMap(\.window)
    let dates = contexts.compactMap(\.dates)
    if let start = windows.map(\.lowerBound).min(), let end = windows.map(\.upperBound).max() { whole.window = start..<end }
    if let start = dates.map(\.lowerBound).min(), let end = dates.map(\.upperBound).max() { whole.dates = start..<end }
    self = whole
  }
}
