import FlowCore
import StudyLedger
import StudyModel

/// Writes one slice to the data of a `MemoryStore`.
struct MemoryWriter {
  private let write: SliceWrite
  private let rows: SliceRows
  private var table: TableSchema { write.table }

  init(_ write: SliceWrite) {
    self.write = write
    rows = SliceRows(write.batch, in: write.table)
  }

  func run(_ contents: inout MemoryContents, _ writes: Locked<RecentWrites>) throws -> SliceWriteResult {
    try table.check(write.batch)
    let known = write.ledger.map { contents.ledger(overlapping: $0.key) } ?? []
    let compared = write.validFinding(over: known, writes)
    let order = try compared?.order ?? table.order(of: write.batch)
    let span = try rows.span(order, write.ledger?.window)
    writes.withLock { $0.note(write.participant, table.name, write.replacement == nil ? span : .all) }
    var result = SliceWriteResult()
    result.wasCompared = compared == nil
    guard let slice = write.ledger else {
      _ = try writeRows(order, nil, compared?.diff, &contents, into: &result)
      result.repeated = order.repeated
      return result
    }
    let plan = AnswerPlan(slice, over: known, isDivisible: rows.isDivisible && write.replacement == nil)
    result.isStale = plan.isStale
    guard !plan.isStale else { return result }
    result.repeated = order.repeated
    for part in plan.parts {
      let missingBefore = result.missing
      let partOrder = plan.isWhole ? order : rows.rows(order, in: part.slice.window)
      let count = try writeRows(partOrder, part.slice.window, plan.isWhole ? compared?.diff : nil, &contents, into: &result)
      let row = part.ledgerRow(of: write, rows: count, isDivisible: rows.isDivisible, missingBefore: missingBefore, &result)
      let written = contents
      contents.apply(part.room, of: write.participant) { written.count(of: write.participant, in: table, window: $0) }
      contents.insert(row)
    }
    return result
  }

  /// Returns the number of rows in the window afterwards.
  private func writeRows(
    _ order: RowOrder, _ window: Range<Int64>?, _ compared: RowDiff?, _ contents: inout MemoryContents, into result: inout SliceWriteResult
  ) throws -> Int {
    guard let replacement = write.replacement else {
      let diff = try compared ?? contents.diff(order, rows, rows.span(order, window), of: write.participant, window: window)
      try apply(diff, order, &contents, into: &result)
      return rows.countAfter(diff, order, in: window)
    }
    let plan = ReplacementPlan(write.batch, in: table, replacement, window: write.ledger?.window)
    result.replaced += deleteMissing(plan, &contents)
    try apply(contents.diff(order, rows, try rows.span(order, nil), of: write.participant, window: nil), order, &contents, into: &result)
    guard !plan.sliceCondition.isEmpty else { return order.count }
    return contents.rows(of: write.participant, in: table.name).count { plan.sliceCondition.isMet(by: $0) }
  }

  private func apply(
    _ diff: RowDiff, _ order: RowOrder, _ contents: inout MemoryContents, into result: inout SliceWriteResult
  ) throws {
    for row in diff.new ?? (0..<order.count).map(order.row(at:)) where !contents.put(values(row), of: write.participant, in: table) {
      throw ProcessorError(.badData, "a row considered new already exists in table '\(table.name)'")
    }
    for row in diff.changed { contents.put(values(row), of: write.participant, in: table) }
    result.inserted += diff.new?.count ?? order.count
    result.updated += diff.changed.count
    result.unchanged += diff.unchanged
    result.missing += diff.missing
  }

  private func values(_ row: Int) -> MemoryContents.Row {
    Dictionary(uniqueKeysWithValues: write.batch.columns.map { ($0.name, $0.value(row)) })
  }

  private func deleteMissing(_ plan: ReplacementPlan, _ contents: inout MemoryContents) -> Int {
    func isGone(_ row: MemoryContents.Row) -> Bool { plan.deletes(key: table.key.map { row[$0] ?? .null }) }
    var deleted = contents.remove(of: write.participant, in: table.name) { row in
      plan.conditions.contains { $0.isMet(by: row) } && isGone(row)
    }
    guard let undated = plan.undated else { return deleted }
    let old = contents.rows(of: write.participant, in: table.name).filter { row in plan.sliceCondition.allSatisfy { row[$0.column] ?? .null == .null } }
    func interval(_ row: MemoryContents.Row) -> [RecordValue] { undated.intervals.map { row[$0] ?? .null } }
    let ends = Dictionary(old.map { (interval($0), Self.end($0, undated)) }) { max($0, $1) }
    deleted += contents.remove(of: write.participant, in: table.name) { row in
      guard let end = ends[interval(row)], plan.sliceCondition.allSatisfy({ row[$0.column] ?? .null == .null }) else { return false }
      return end > undated.window.lowerBound && end <= undated.window.upperBound && isGone(row)
    }
    return deleted
  }

  private static func end(_ row: MemoryContents.Row, _ undated: ReplacementPlan.Undated) -> Int64 {
    guard case .integer(let start)? = row[undated.time] else { return .min }
    guard let duration = undated.duration, case .integer(let seconds)? = row[duration] else { return start }
    return start + seconds
  }
}

extension [ReplacementPlan.ColumnValue] {
  fileprivate func isMet(by row: MemoryContents.Row) -> Bool { allSatisfy { $0.value != .null && row[$0.column] ?? .null == $0.value } }
}
