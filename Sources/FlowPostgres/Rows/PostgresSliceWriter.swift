import FlowCore
import StudyLedger
import StudyModel

/// Writes one slice, its rows and its ledger row, inside the caller's transaction.
struct PostgresSliceWriter {
  private let transaction: PostgresTransaction
  private let write: SliceWrite
  private let participantID: Int32
  private let rows: SliceRows
  private let scan: PostgresScan

  init(_ transaction: PostgresTransaction, _ write: SliceWrite, participantID: Int32) {
    self.transaction = transaction
    self.write = write
    self.participantID = participantID
    rows = SliceRows(write.batch, in: write.table)
    scan = PostgresScan(rows, of: write.participant)
  }

  /// - Parameters:
  ///   - usesFinding: use the comparison that came with the write if it is still valid.
  ///   - writes: this process's recent writes; this write is added.
  func run(usesFinding: Bool, _ writes: Locked<RecentWrites>) async throws -> SliceWriteResult {
    try write.table.check(write.batch)
    let known = try await overlapping()
    let compared = usesFinding ? write.validFinding(over: known, writes) : nil
    let order = try compared?.order ?? write.table.order(of: write.batch)
    let span = try rows.span(order, write.ledger?.window)
    // Recorded even if this write fails: earlier comparisons are invalid from here on.
    writes.withLock { $0.note(write.participant, write.table.name, write.replacement == nil ? span : .all) }
    var result = SliceWriteResult()
    result.wasCompared = compared == nil
    guard let slice = write.ledger else {
      _ = try await writeRows(order, window: nil, compared?.diff, into: &result)
      result.repeated = order.repeated
      return result
    }
    let plan = AnswerPlan(slice, over: known, isDivisible: rows.isDivisible && write.replacement == nil)
    result.isStale = plan.isStale
    guard !plan.isStale else { return result }
    result.repeated = order.repeated
    for part in plan.parts {
      let partOrder = plan.isWhole ? order : rows.rows(order, in: part.slice.window)
      let row = try await write(part, partOrder, plan.isWhole ? compared?.diff : nil, into: &result)
      try await change(part.room, adding: row)
    }
    return result
  }

  private func overlapping() async throws -> [LedgerSlice] {
    guard let key = write.ledger?.key else { return [] }
    return try await transaction.run([LedgerStatements.overlapping(key)]) { try LedgerStatements.slices($0[0], of: key.participant) }
  }

  /// Makes room in the ledger and adds the part's row, in one round trip.
  private func change(_ room: LedgerChange, adding row: LedgerSlice) async throws {
    var statements = room.removed.map { LedgerStatements.remove($0, participantID: participantID) }
    for var remainder in room.remainders {
      if remainder.state.isAnswered, let count = scan.count(in: remainder.window) {
        remainder.rows = try await transaction.run([count]) { Int($0[0].integer(0, 0) ?? 0) }
      }
      statements.append(LedgerStatements.insert(remainder, participantID: participantID))
    }
    statements += room.added.map { LedgerStatements.insert($0, participantID: participantID) }
    try await transaction.run(statements + [LedgerStatements.insert(row, participantID: participantID)])
  }

  /// Returns the part's ledger row.
  private func write(
    _ part: AnswerPlan.Part, _ order: RowOrder, _ diff: RowDiff?, into result: inout SliceWriteResult
  ) async throws -> LedgerSlice {
    let missingBefore = result.missing
    let count = try await writeRows(order, window: part.slice.window, diff, into: &result)
    return part.ledgerRow(of: write, rows: count, isDivisible: rows.isDivisible, missingBefore: missingBefore, &result)
  }

  /// Inserts new rows, updates changed ones and keeps the rest. Returns the number of rows in the window.
  private func writeRows(
    _ order: RowOrder, window: Range<Int64>?, _ compared: RowDiff?, into result: inout SliceWriteResult
  ) async throws -> Int {
    if let replacement = write.replacement { return try await replaceRows(replacement, order, into: &result) }
    let diff: RowDiff
    if let compared { diff = compared } else { diff = try await compare(order, try rows.span(order, window), window: window) }
    try await apply(diff, order, into: &result)
    return rows.countAfter(diff, order, in: window)
  }

  private func compare(_ order: RowOrder, _ span: SliceRows.Span, window: Range<Int64>?) async throws -> RowDiff {
    let scan = scan
    return try await transaction.run([scan.statement(span)]) { scan.diff($0[0], order, window: window) }
  }

  /// Rows that replace others as a whole belong to the slice wherever they lie: a night begins on the evening before.
  private func replaceRows(_ replacement: SliceReplacement, _ order: RowOrder, into result: inout SliceWriteResult) async throws -> Int {
    let replaced = PostgresReplacement(
      table: write.table, participantID: participantID,
      plan: ReplacementPlan(write.batch, in: write.table, replacement, window: write.ledger?.window), transaction: transaction)
    result.replaced += try await replaced.deleteMissing()
    try await apply(try await compare(order, try rows.span(order, nil), window: nil), order, into: &result)
    return try await replaced.count() ?? order.count
  }

  private func apply(_ diff: RowDiff, _ order: RowOrder, into result: inout SliceWriteResult) async throws {
    let writer = try PostgresRowWriter(write.batch, in: write.table, participantID: participantID, transaction)
    if let new = diff.new { try await writer.insert(new) } else { try await writer.insert(order) }
    try await writer.replace(diff.changed)
    result.inserted += diff.new?.count ?? order.count
    result.updated += diff.changed.count
    result.unchanged += diff.unchanged
    result.missing += diff.missing
  }
}
