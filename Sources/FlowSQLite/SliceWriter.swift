import FlowCore
import GRDB
import GRDBSQLite
import StudyLedger
import StudyModel

/// Writes one slice, its rows and its ledger row, inside the caller's transaction.
struct SliceWriter {
  let session: SQLSession
  let write: SliceWrite
  let participantID: Int64
  private let rows: SliceRows
  private let scan: RowScan
  private let ledger: SliceLedger

  init(session: SQLSession, write: SliceWrite, participantID: Int64) {
    self.session = session
    self.write = write
    self.participantID = participantID
    rows = SliceRows(write.batch, in: write.table)
    scan = RowScan(rows, participantID: participantID, session)
    ledger = SliceLedger(session: session)
  }

  /// - Parameters:
  ///   - usesFinding: use the comparison that came with the write if it is still valid.
  ///   - writes: this process's recent writes; this write is added.
  func run(usesFinding: Bool, _ writes: Locked<RecentWrites>) throws -> SliceWriteResult {
    try write.table.check(write.batch)
    let known = try write.ledger.map { try ledger.overlapping($0.key, participantID: participantID) } ?? []
    let compared = usesFinding ? write.validFinding(over: known, writes) : nil
    let order = try compared?.order ?? write.table.order(of: write.batch)
    let span = try rows.span(order, write.ledger?.window)
    // Recorded even if this write fails: earlier comparisons are invalid from here on.
    writes.withLock { $0.note(write.participant, write.table.name, write.replacement == nil ? span : .all) }
    var result = SliceWriteResult()
    result.wasCompared = compared == nil
    guard let slice = write.ledger else {
      _ = try writeRows(order, window: nil, compared?.diff, into: &result)
      result.repeated = order.repeated
      return result
    }
    let plan = AnswerPlan(slice, over: known, isDivisible: rows.isDivisible && write.replacement == nil)
    result.isStale = plan.isStale
    guard !plan.isStale else { return result }
    result.repeated = order.repeated
    for part in plan.parts {
      let partOrder = plan.isWhole ? order : rows.rows(order, in: part.slice.window)
      let row = try write(part, partOrder, plan.isWhole ? compared?.diff : nil, into: &result)
      try ledger.apply(part.room, participantID: participantID, rowCount: scan.count(in:))
      try ledger.insert(row, participantID: participantID)
    }
    return result
  }

  /// Returns the part's ledger row.
  private func write(
    _ part: AnswerPlan.Part, _ order: RowOrder, _ diff: RowDiff?, into result: inout SliceWriteResult
  ) throws -> LedgerSlice {
    let missingBefore = result.missing
    let count = try writeRows(order, window: part.slice.window, diff, into: &result)
    return part.ledgerRow(of: write, rows: count, isDivisible: rows.isDivisible, missingBefore: missingBefore, &result)
  }

  /// Inserts new rows, updates changed ones and keeps the rest. Returns the number of rows in the window.
  private func writeRows(
    _ order: RowOrder, window: Range<Int64>?, _ compared: RowDiff?, into result: inout SliceWriteResult
  ) throws -> Int {
    if let replacement = write.replacement { return try replaceRows(replacement, order, into: &result) }
    let diff = try compared ?? scan.diff(order, try rows.span(order, window), window: window)
    try apply(diff, order, into: &result)
    return rows.countAfter(diff, order, in: window)
  }

  /// Rows that replace others as a whole belong to the slice wherever they lie: a night begins on the evening before.
  private func replaceRows(_ replacement: SliceReplacement, _ order: RowOrder, into result: inout SliceWriteResult) throws -> Int {
    let replaced = RowReplacement(
      session: session, table: write.table, participantID: participantID,
      plan: ReplacementPlan(write.batch, in: write.table, replacement, window: write.ledger?.window))
    result.replaced += try replaced.deleteMissing()
    try apply(try scan.diff(order, try rows.span(order, nil), window: nil), order, into: &result)
    return try replaced.count() ?? order.count
  }

  private func apply(_ diff: RowDiff, _ order: RowOrder, into result: inout SliceWriteResult) throws {
    let writer = RowWriter(session: session, table: write.table, participantID: participantID, batch: write.batch)
    if let new = diff.new { try writer.insert(new) } else { try writer.insert(order) }
    try writer.replace(diff.changed)
    result.inserted += diff.new?.count ?? order.count
    result.updated += diff.changed.count
    result.unchanged += diff.unchanged
    result.missing += diff.missing
  }
}
