import FlowCore
import GRDB
import StudyLedger
import StudyModel

/// Comparing and writing rows.
extension SQLiteDatabase {
  package func compare(
    _ batch: RecordBatch, of participant: String, in table: TableSchema, slice: SliceKey?
  ) async throws -> RecordComparison {
    let table = try known(table)
    // Read before the snapshot is taken: a write in between then counts as later than the comparison.
    let mark = recentWrites.withLock { $0.count }
    return try await onReader { session in
      guard let participantID = try session.participantID(of: participant) else {
        return RecordComparison(batch.count > 0 ? .distinct : .duplicate)
      }
      let order = try RowOrder(batch, key: table.key)
      let rows = SliceRows(batch, in: table)
      let span = try rows.span(order, slice?.window)
      let diff = try RowScan(rows, participantID: participantID, session).diff(order, span, window: slice?.window)
      guard let slice else { return RecordComparison(diff.verdict) }
      let ledger = try SliceLedger(session: session).overlapping(slice, participantID: participantID)
      return RecordComparison(
        diff.verdict,
        finding: ComparedRows(batch, order, diff, of: participant, in: table.name, slice: slice, span: span, ledger: ledger, mark: mark))
    }
  }

  package func write(_ writes: [SliceWrite]) async throws -> [Result<SliceWriteResult, ProcessorError>] {
    guard !writes.isEmpty else { return [] }
    let writes = try writes.prepared(known)
    let ticket = waitingWrites.withLock { $0.add(writes) }
    // Also if the lane fails: nobody else would take it.
    defer { _ = waitingWrites.withLock { $0.take(ticket) } }
    try await writerLane.run { [self] in
      while waitingWrites.withLock({ !$0.isSettled(ticket) }) { writeGroup() }
    }
    guard let outcome = waitingWrites.withLock({ $0.take(ticket) }) else { preconditionFailure("a turn of the writer settles what it takes") }
    return try outcome.get()
  }

  /// Commits the writes that wait, in one transaction.
  private func writeGroup() {
    let group = waitingWrites.withLock { $0.takeGroup() }
    let writes = group.flatMap(\.writes)
    do {
      let written = try write { session in
        try withParticipants(writes.map(\.participant), session) { identifiers in
          try writes.map { try writeOne($0, participantID: try id(of: $0.participant, in: identifiers), session) }
        }
      }
      var results = written[...]
      for call in group {
        waitingWrites.withLock { $0.settle(call.ticket, .success(Array(results.prefix(call.writes.count)))) }
        results = results.dropFirst(call.writes.count)
      }
    } catch {
      // The transaction failed as a whole; nothing was written.
      let error = failure.translate(error)
      for call in group {
        waitingWrites.withLock { $0.settle(call.ticket, .failed(error, ofEach: call.writes.count)) }
      }
    }
  }

  private func writeOne(
    _ write: SliceWrite, participantID: Int64, _ session: SQLSession
  ) throws -> Result<SliceWriteResult, ProcessorError> {
    let writer = SliceWriter(session: session, write: write, participantID: participantID)
    do {
      return .success(try session.savepoint { try writer.run(usesFinding: true, recentWrites) })
    } catch where write.finding != nil && SQLiteFailure.contradictsFinding(error) {
      // A row was inserted in a way that the ledger does not show.
      return try failing { try session.savepoint { try writer.run(usesFinding: false, recentWrites) } }
    } catch {
      return try failing { throw error }
    }
  }

  /// Turns a failure of one slice's own rows into its result.
  private func failing(_ body: () throws -> SliceWriteResult) throws -> Result<SliceWriteResult, ProcessorError> {
    do {
      return .success(try body())
    } catch where SQLiteFailure.concernsOneSlice(error) {
      guard let error = failure.translate(error) as? ProcessorError else { throw error }
      return .failure(error)
    }
  }
}
