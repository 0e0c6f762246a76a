import FlowCore
import StudyModel

/// What a call of `RecordStore.write` comes to.
package typealias WriteOutcome = Result<[Result<SliceWriteResult, ProcessorError>], any Error>

extension WriteOutcome {
  /// Of a transaction that failed as a whole: each slice fails, so that it can be retried or end in the error folder; what stops the run is
  /// thrown.
  package static func failed(_ error: any Error, ofEach count: Int) -> WriteOutcome {
    guard let error = error as? ProcessorError else { return .failure(error) }
    return .success(Array(repeating: .failure(error), count: count))
  }
}

extension [SliceWrite] {
  /// The writes with their tables as the store has prepared them.
  package func prepared(_ known: (TableSchema) throws -> TableSchema) rethrows -> [SliceWrite] {
    try map { write in
      var write = write
      write.table = try known(write.table)
      return write
    }
  }
}

extension SliceWrite {
  /// The comparison that came with the write, if it still holds.
  /// - Parameter known: the ledger rows that overlap the slice now.
  package func validFinding(over known: [LedgerSlice], _ writes: Locked<RecentWrites>) -> ComparedRows? {
    guard let found = finding as? ComparedRows else { return nil }
    return writes.withLock { found.holds(for: self, over: known, $0) } ? found : nil
  }
}

extension AnswerPlan.Part {
  /// The part's ledger row after its rows were written.
  /// - Parameters:
  ///   - rows: the number of rows in its window.
  ///   - missingBefore: what `result` counted as missing before this part.
  package func ledgerRow(of write: SliceWrite, rows: Int, isDivisible: Bool, missingBefore: Int, _ result: inout SliceWriteResult) -> LedgerSlice {
    var row = slice
    row.rows = rows
    if write.replacement == nil, write.batch.count == 0, !isDivisible {
      // An empty answer names no dates: the rows that earlier answers for this time produced are the ones it lacks.
      row.rows = earlierRows
      result.missing += earlierRows
    }
    row.missing = result.missing - missingBefore
    return row
  }
}

extension SliceKey {
  /// Reads a value of the slice's ledger row. Throws `ProcessorError` (`database`) for one unknown to this version, rather than misinterpreting it.
  package func stored<Value>(_ text: String, _ expected: String, _ parse: (String) -> Value?) throws -> Value {
    guard let value = parse(text) else {
      throw ProcessorError(
        .database,
        "the ledger (table slice) has '\(text)' for \(participant), \(dataType), start_instant \(start); expected \(expected); "
          + "use the flowrun that wrote it, or a newer one")
    }
    return value
  }
}
