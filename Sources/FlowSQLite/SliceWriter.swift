import FlowCore
import GRDB
import GRDBSQLite
import StudyModel

/// Writes one slice: its rows and its ledger row, inside a transaction that the caller opened.
struct SliceWriter {
  let session: SQLSession
  let write: SliceWrite
  let participantID: Int64
  private let order: RowOrder
  private let scan: RowScan
  private let writer: RowWriter

  init(session: SQLSession, write: SliceWrite, participantID: Int64) throws {
    self.session = session
    self.write = write
    self.participantID = participantID
    if let unknown = write.batch.columns.first(where: { column in !write.table.columns.contains { $0.name == column.name } }) {
      throw ProcessorError(
        .internal, "the rows have a column '\(unknown.name)' that table '\(write.table.name)' was not prepared for")
    }
    order = try RowOrder(write.batch, key: write.table.key)
    // A day has one value: which of two would be meant? Of two samples of one instant the last counts.
    if order.hasContradiction, write.table.timeColumn?.kind == .date {
      throw ProcessorError(
        .badData, "the answer has two rows of one \(write.table.key.joined(separator: " and ")) for table '\(write.table.name)' that differ; expected one")
    }
    scan = RowScan(session: session, table: write.table, participantID: participantID, batch: write.batch)
    writer = RowWriter(session: session, table: write.table, participantID: participantID, batch: write.batch)
  }

  func run() throws -> SliceWriteResult {
    guard let slice = write.ledger else {
      var result = SliceWriteResult()
      if let replacement = write.replacement {
        _ = try writeInPlaceOf(replacement, into: &result)
      } else {
        _ = try writeRows(order, window: nil, into: &result)
      }
      result.repeated = order.repeated
      return result
    }
    let ledger = SliceLedger(session: session)
    let known = try ledger.overlapping(slice.key, participantID: participantID)
    let newer = known.filter { $0.isNewer(than: slice) }
    let windows = slice.window.subtracting(newer.map(\.window))
    var result = SliceWriteResult()
    // Only rows that carry an instant can be told apart by window; a day's row is stale as a whole.
    let isDivisible = write.table.timeColumn?.kind == .instant && write.replacement == nil
    guard newer.isEmpty || (!windows.isEmpty && isDivisible) else {
      result.isStale = true
      return result
    }
    result.repeated = order.repeated
    for window in windows {
      var part = slice
      part.key.start = window.lowerBound
      part.key.end = window.upperBound
      try writeWindow(&part, isWhole: newer.isEmpty, over: known.filter { !$0.isNewer(than: slice) }, into: &result)
      try ledger.makeRoom(
        for: window, among: known.filter { !$0.isNewer(than: slice) }, participantID: participantID, rowCount: scan.count(in:))
      try ledger.insert(part, participantID: participantID)
    }
    return result
  }

  /// Rows that replace others as a whole are the slice's, wherever they lie: a night begins on the evening before. Returns how many the
  /// slice has now.
  private func writeInPlaceOf(_ replacement: SliceReplacement, into result: inout SliceWriteResult) throws -> Int {
    let rows = RowReplacement(
      session: session, table: write.table, participantID: participantID, batch: write.batch, replacement: replacement, window: write.ledger?.window)
    result.replaced += try rows.deleteMissing()
    _ = try writeRows(order, window: nil, into: &result)
    return try rows.count() ?? order.count
  }

  private func writeWindow(
    _ part: inout LedgerSlice, isWhole: Bool, over known: [LedgerSlice], into result: inout SliceWriteResult
  ) throws {
    if let replacement = write.replacement {
      part.rows = try writeInPlaceOf(replacement, into: &result)
      return
    }
    let vanishedBefore = result.vanished
    let window = part.window
    let rows = isWhole ? order : order.filter { scan.instant(ofRow: $0).map(window.contains) ?? false }
    part.rows = try writeRows(rows, window: window, into: &result)
    if write.batch.count == 0, write.table.timeColumn?.kind != .instant {
      // An empty answer names no dates. What earlier answers for this very time gave is what it lacks.
      let earlier = known.filter { $0.state.hasData && window.contains($0.key.start) && $0.key.end <= window.upperBound }
      part.rows = earlier.reduce(0) { $0 + $1.rows }
      result.vanished += part.rows
    }
    part.vanished = result.vanished - vanishedBefore
  }

  /// Inserts what is new, replaces what differs, leaves the rest. Returns how many rows the window has now.
  private func writeRows(_ rows: RowOrder, window: Range<Int64>?, into result: inout SliceWriteResult) throws -> Int {
    let merge = try scan.merge(rows, window: window)
    result.unchanged += merge.unchanged
    result.updated += merge.changed.count
    result.vanished += merge.vanished
    if let new = merge.new {
      try writer.insert(new)
      result.inserted += new.count
    } else {
      try writer.insert(rows)
      result.inserted += rows.count
    }
    try writer.replace(merge.changed)
    let inserted = merge.new.map { new in new.count { scan.isInWindow(row: $0, window) } }
    return merge.existingInWindow + (inserted ?? scan.countInWindow(rows, window))
  }
}

extension LedgerSlice {
  /// Its answer was fetched after the other's. A later sync goes before the time of day: the machine's clock may have been put back.
  fileprivate func isNewer(than other: LedgerSlice) -> Bool {
    guard state.hasData else { return false }
    if let latestSync, let otherSync = other.latestSync, latestSync != otherSync { return latestSync > otherSync }
    guard let fetchedAt, let otherFetchedAt = other.fetchedAt else { return false }
    return fetchedAt > otherFetchedAt
  }
}
