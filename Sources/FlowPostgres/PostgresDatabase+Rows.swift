import FlowCore
import StudyLedger
import StudyModel

/// Comparing and writing rows.
extension PostgresDatabase {
  package func compare(
    _ batch: RecordBatch, of participant: String, in table: TableSchema, slice: SliceKey?
  ) async throws -> RecordComparison {
    let table = try known(table)
    // Read before the snapshot is taken: a write in between then counts as later than the comparison.
    let mark = recentWrites.withLock { $0.count }
    let order = try RowOrder(batch, key: table.key)
    let rows = SliceRows(batch, in: table)
    let span = try rows.span(order, slice?.window)
    let scan = PostgresScan(rows, of: participant)
    let version = Statement(
      "SELECT version FROM flowrun_write WHERE participant_id = (SELECT participant_id FROM participant WHERE name = $1)", [.text(participant)])
    let statements = [version, scan.statement(span)] + (slice.map { [LedgerStatements.overlapping($0)] } ?? [])
    let (found, diff, ledger) = try await read(statements) { answers in
      (
        answers[0].count > 0 ? answers[0].integer(0, 0) : nil, scan.diff(answers[1], order, window: slice?.window),
        try slice.map { try LedgerStatements.slices(answers[2], of: $0.participant) } ?? []
      )
    }
    if versions.withLock({ $0.saw(found, of: participant) }) { recentWrites.withLock { $0.note(participant, nil, .all) } }
    guard let slice else { return RecordComparison(diff.verdict) }
    return RecordComparison(
      diff.verdict,
      finding: ComparedRows(batch, order, diff, of: participant, in: table.name, slice: slice, span: span, ledger: ledger, mark: mark))
  }

  package func write(_ writes: [SliceWrite]) async throws -> [Result<SliceWriteResult, ProcessorError>] {
    guard !writes.isEmpty else { return [] }
    let writes = try writes.prepared(known)
    let ticket = turns.withLock { $0.add(writes) }
    while true {
      switch turns.withLock({ $0.turn(ticket) }) {
      case .over(let outcome): return try outcome.get()
      case .carryOut(let group):
        let outcomes = await carryOut(group)
        turns.withLock { $0.settle(group, outcomes) }
        wakeAll()
      case .wait: await waitForTurn(ticket)
      }
    }
  }

  /// Waits until a group has ended, unless something has changed meanwhile.
  private func waitForTurn(_ ticket: WriteTurns.Ticket) async {
    await withCheckedContinuation { continuation in
      waiters.withLock { $0.append(continuation) }
      // A group that ended before this one was in the list has woken nobody.
      if turns.withLock({ $0.isWorthAsking(ticket) }) { wakeAll() }
    }
  }

  private func wakeAll() {
    let woken = waiters.withLock { waiters in
      defer { waiters = [] }
      return waiters
    }
    for waiter in woken { waiter.resume() }
  }

  /// Commits the writes of several calls in one transaction.
  private func carryOut(_ group: [WriteTurns.Call]) async -> [WriteOutcome] {
    let writes = group.flatMap(\.writes)
    do {
      try await preparePartitions(writes)
      let written = try await transaction { [self] transaction in
        let lost = try await postgresLeases.lost(among: writes.map(\.participant), transaction)
        let identifiers = try await begin(writes.map(\.participant).filter { lost[$0] == nil }, transaction)
        var results: [Result<SliceWriteResult, ProcessorError>] = []
        for write in writes {
          if let error = lost[write.participant] {
            results.append(.failure(error))
          } else {
            results.append(try await writeOne(write, participantID: try id(of: write.participant, in: identifiers), transaction))
          }
        }
        return results
      }
      var rest = written[...]
      return group.map { call in
        defer { rest = rest.dropFirst(call.writes.count) }
        return .success(Array(rest.prefix(call.writes.count)))
      }
    } catch {
      // The transaction failed as a whole; nothing was written.
      return group.map { .failed(error, ofEach: $0.writes.count) }
    }
  }

  private func writeOne(
    _ write: SliceWrite, participantID: Int32, _ transaction: PostgresTransaction
  ) async throws -> Result<SliceWriteResult, ProcessorError> {
    let writer = PostgresSliceWriter(transaction, write, participantID: participantID)
    do {
      return .success(try await transaction.savepoint { try await writer.run(usesFinding: true, recentWrites) })
    } catch where write.finding != nil && PostgresFailure.contradictsFinding(error) {
      // A row was inserted in a way that the ledger does not show.
      return try await failing { try await transaction.savepoint { try await writer.run(usesFinding: false, recentWrites) } }
    } catch {
      return try await failing { throw error }
    }
  }

  /// Turns a failure of one slice's own rows into its result.
  private func failing(_ body: () async throws -> SliceWriteResult) async throws -> Result<SliceWriteResult, ProcessorError> {
    do {
      return .success(try await body())
    } catch where PostgresFailure.concernsOneSlice(error) {
      guard let error = failure.translate(error) as? ProcessorError else { throw error }
      return .failure(error)
    }
  }

  // MARK: Participants

  /// Throws `ProcessorError.heldElsewhere` unless participants may be changed: they were never leased to this store, or still are.
  func checkLeases(of participants: [String], _ transaction: PostgresTransaction) async throws {
    let lost = try await postgresLeases.lost(among: participants, transaction)
    if let error = participants.lazy.compactMap({ lost[$0] }).first { throw error }
  }

  /// The ids of participants, made where they have none, and their rows in `flowrun_write` locked: whoever writes for one of them waits until
  /// this transaction ends. In the order of the ids, so that two hosts never wait for each other.
  func begin(_ names: [String], _ transaction: PostgresTransaction) async throws -> [String: Int32] {
    let names = Set(names).sorted()
    var found = try await countUp(names, transaction)
    let missing = names.filter { found[$0] == nil }
    if !missing.isEmpty {
      try await transaction.run([Statement("INSERT INTO participant (name) SELECT unnest($1) ON CONFLICT DO NOTHING", [.texts(missing)])])
      found.merge(try await countUp(missing, transaction)) { $1 }
    }
    for (name, participant) in found {
      if versions.withLock({ $0.begins(participant.version, of: name) }) { recentWrites.withLock { $0.note(name, nil, .all) } }
    }
    return found.mapValues(\.id)
  }

  private func countUp(_ names: [String], _ transaction: PostgresTransaction) async throws -> [String: (id: Int32, version: Int64)] {
    let sql = """
      INSERT INTO flowrun_write AS w (participant_id, version)
      SELECT participant_id, 1 FROM participant WHERE name = ANY ($1) ORDER BY participant_id
      ON CONFLICT (participant_id) DO UPDATE SET version = w.version + 1
      RETURNING participant_id, version, (SELECT name FROM participant AS p WHERE p.participant_id = w.participant_id)
      """
    return try await transaction.run([Statement(sql, [.texts(names)])]) { answers in
      let rows = (0..<answers[0].count).map { row in
        (answers[0].text(row, 2) ?? "", (id: Int32(answers[0].integer(row, 0) ?? 0), version: answers[0].integer(row, 1) ?? 0))
      }
      return Dictionary(rows) { $1 }
    }
  }

  /// Throws rather than assigning a row to another participant.
  func id(of participant: String, in identifiers: [String: Int32]) throws -> Int32 {
    guard let identifier = identifiers[participant] else {
      throw ProcessorError(.internal, "participant \(participant) has no id in database '\(location)', so nothing is written for it")
    }
    return identifier
  }
}
