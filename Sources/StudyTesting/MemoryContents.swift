import FlowCore
import StudyLedger
import StudyModel

/// The data of a `MemoryStore`.
struct MemoryContents: Sendable {
  typealias Row = [String: RecordValue]
  struct Table: Sendable {
    var schema: TableSchema
    /// By participant, in key order.
    var rows: [String: [Row]] = [:]
  }

  let id = String(repeating: "5", count: 32)
  /// By every store that was opened on it.
  var commits = 0
  private(set) var facts: [String: String] = [:]
  private(set) var tables: [String: Table] = [:]
  private(set) var participants: Set<String> = []
  /// By participant, ordered by data type and start.
  private var slices: [String: [LedgerSlice]] = [:]

  // MARK: Schema

  mutating func agree(on name: String, value: String, _ location: String) -> Diagnostic? {
    guard let recorded = facts[name] else {
      facts[name] = value
      return nil
    }
    guard recorded != value else { return nil }
    return Diagnostic(
      .storedSetting, subject: "database '\(location)'", found: "it was collected with \(name) '\(recorded)', this flow has '\(value)'",
      expected: "\(name) '\(recorded)'")
  }

  mutating func prepare(_ table: TableSchema, _ location: String) -> [Diagnostic] {
    let subject = "table '\(table.name)' of database '\(location)'"
    let names = table.columns.map { $0.name.lowercased() }
    guard !names.isEmpty, Set(names).count == names.count, table.key.allSatisfy({ key in table.columns.contains { $0.name == key } }) else {
      return [Diagnostic(.storedTable, subject: subject, found: "its declaration is inconsistent", expected: "unique columns, and a key made of them")]
    }
    guard var known = tables[table.name] else {
      tables[table.name] = Table(schema: table)
      return []
    }
    var problems: [Diagnostic] = []
    if known.schema.key != table.key { problems.append(Diagnostic(.storedTable, subject: subject, found: "another key", expected: "the key that it has")) }
    for column in table.columns {
      guard let stored = known.schema.columns.first(where: { $0.name.lowercased() == column.name.lowercased() }) else {
        known.schema.columns.append(column)
        continue
      }
      guard stored.kind != column.kind else { continue }
      problems.append(
        Diagnostic(.storedTable, subject: subject, found: "column '\(column.name)' is \(stored.kind.rawValue) there", expected: "the kind that it has"))
    }
    if problems.isEmpty { tables[table.name] = known }
    return problems
  }

  var tableNames: [String] { tables.keys.sorted() }

  // MARK: Ledger

  var ledger: [LedgerSlice] { slices.values.flatMap { $0 } }

  func ledger(of participant: String) -> [LedgerSlice] { slices[participant] ?? [] }

  func ledger(overlapping key: SliceKey) -> [LedgerSlice] {
    ledger(of: key.participant).filter { $0.key.dataType == key.dataType && $0.key.start < key.end && key.start < $0.key.end }
  }

  /// - Parameter rowCount: counts data rows in a window; nil if they cannot be separated by time.
  mutating func apply(_ change: LedgerChange, of participant: String, rowCount: (Range<Int64>) -> Int? = { _ in nil }) {
    participants.insert(participant)
    slices[participant, default: []].removeAll { change.removed.contains($0.key) }
    for var remainder in change.remainders {
      if remainder.state.isAnswered { remainder.rows = rowCount(remainder.window) ?? remainder.rows }
      insert(remainder)
    }
    for slice in change.added { insert(slice) }
  }

  mutating func insert(_ slice: LedgerSlice) {
    precondition(slice.key.start < slice.key.end, "a slice has an extent")
    precondition(ledger(overlapping: slice.key).isEmpty, "slices of one participant and data type do not overlap")
    participants.insert(slice.key.participant)
    slices[slice.key.participant, default: []].append(slice)
    slices[slice.key.participant]?.sort { ($0.key.dataType, $0.key.start) < ($1.key.dataType, $1.key.start) }
  }

  mutating func recollect(_ key: SliceKey) -> Int {
    guard let index = slices[key.participant]?.firstIndex(where: { $0.key == key }) else { return 0 }
    slices[key.participant]?[index].recollect()
    return 1
  }

  // MARK: Rows

  func rows(of participant: String, in table: String) -> [Row] { tables[table]?.rows[participant] ?? [] }

  /// Number of rows in a window; nil if the table has no instants.
  func count(of participant: String, in table: TableSchema, window: Range<Int64>) -> Int? {
    guard let time = table.timeColumn, time.kind == .instant else { return nil }
    return rows(of: participant, in: table.name).count { row in
      if case .integer(let instant)? = row[time.name] { window.contains(instant) } else { false }
    }
  }

  func diff(_ order: RowOrder, _ rows: SliceRows, _ span: SliceRows.Span, of participant: String, window: Range<Int64>?) -> RowDiff {
    let table = rows.table
    let key = table.key.compactMap { rows.batch[$0] }
    let values = rows.batch.columns.filter { !table.key.contains($0.name) }
    let owns = rows.ownsEveryRow(window)
    var diff = RowDiff(order)
    for row in self.rows(of: participant, in: table.name) where span.contains(row, table) {
      var isInWindow = owns ?? false
      if owns == nil, let time = table.timeColumn, case .integer(let instant)? = row[time.name] {
        isInWindow = window?.contains(instant) ?? false
      }
      diff.meet(isInWindow: isInWindow) { position in
        key.lazy.map { $0.value(position).compared(to: row[$0.name] ?? .null) }.first { $0 != 0 } ?? 0
      } hasSameValues: { position in
        values.allSatisfy { $0.value(position) == row[$0.name] ?? .null }
      }
    }
    diff.finish()
    return diff
  }

  /// Inserts a row or updates the row with the same key. Returns whether the key was new.
  @discardableResult
  mutating func put(_ row: Row, of participant: String, in table: TableSchema) -> Bool {
    participants.insert(participant)
    let key = table.key.map { ($0, row[$0] ?? .null) }
    // Taken out, so that the rows are changed in place.
    var rows = tables[table.name]?.rows.removeValue(forKey: participant) ?? []
    defer { tables[table.name]?.rows[participant] = rows }
    var low = 0, high = rows.count
    while low < high {
      let middle = (low + high) / 2
      let order = key.lazy.map { $1.compared(to: rows[middle][$0] ?? .null) }.first { $0 != 0 } ?? 0
      if order == 0 {
        rows[middle].merge(row) { $1 }
        return false
      }
      if order < 0 { high = middle } else { low = middle + 1 }
    }
    rows.insert(row, at: low)
    return true
  }

  /// Returns the number of removed rows.
  mutating func remove(of participant: String, in table: String, where isGone: (Row) -> Bool) -> Int {
    let rows = rows(of: participant, in: table)
    let kept = rows.filter { !isGone($0) }
    tables[table]?.rows[participant] = kept
    return rows.count - kept.count
  }

  // MARK: Objects

  private(set) var objects: [String: [ProcessedObject]] = [:]

  mutating func note(_ object: ProcessedObject) {
    let slices = ledger(of: object.participant).filter { $0.object == object.key }
    guard !slices.isEmpty else { return }
    var noted = object
    noted.rows = slices.reduce(0) { $0 + $1.rows }
    let others = (objects[object.participant] ?? []).filter { $0.key != object.key }
    objects[object.participant] = (others + [noted]).sorted { $0.key < $1.key }
  }

  // MARK: Erasing

  mutating func eraseObjects(of participant: String) -> Int { objects.removeValue(forKey: participant)?.count ?? 0 }
  mutating func eraseLedger(of participant: String) -> Int { slices.removeValue(forKey: participant)?.count ?? 0 }
  mutating func eraseRows(of participant: String, in table: String) -> Int { tables[table]?.rows.removeValue(forKey: participant)?.count ?? 0 }
  mutating func forget(_ participant: String) { participants.remove(participant) }
}

extension SliceRows.Span {
  fileprivate func contains(_ row: MemoryContents.Row, _ table: TableSchema) -> Bool {
    switch (self, table.timeColumn.flatMap { row[$0.name] }) {
    case (.all, _): true
    case (.instants(let instants), .integer(let instant)?): instants.contains(instant)
    case (.dates(let dates), .text(let date)?): dates.contains(date)
    default: false
    }
  }
}
