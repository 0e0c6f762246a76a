import FlowCore
import StudyLedger
import StudyModel

/// An in-memory store as strict as one on disk: it implements the same protocol with the same StudyLedger rules.
///
/// Every `MemoryStore` on one `Medium` shares its data, like connections to one file.
package final class MemoryStore: RecordStore {
  /// The data, which outlives the stores opened on it.
  package final class Medium: Sendable {
    let contents = Locked<MemoryContents?>(nil)
    let leases = Locked(MemoryLeaseTable())
    private let durable = Locked<MemoryContents?>(nil)

    package init() {}

    /// A medium with existing ledger rows.
    package init(ledger: [LedgerSlice]) {
      var contents = MemoryContents()
      for slice in ledger { contents.insert(slice) }
      self.contents.withLock { $0 = contents }
      synchronize()
    }

    fileprivate func synchronize() {
      let contents = contents.withLock { $0 }
      durable.withLock { $0 = contents }
    }

    /// Undoes every commit since the last `synchronize` or `close` of any store.
    package func cutPower() {
      let durable = durable.withLock { $0 }
      contents.withLock { $0 = durable }
    }

    /// Ends the term of every lease now.
    package func endLeaseTerms() { leases.withLock { $0.endTerms() } }

    /// All ledger rows, ordered by data type and start.
    package var ledger: [LedgerSlice] {
      (contents.withLock { $0 }?.ledger ?? []).sorted { ($0.key.dataType, $0.key.start) < ($1.key.dataType, $1.key.start) }
    }
  }

  private struct State {
    var isOpen = false
    /// Number of commits made through this store.
    var commits = 0
    /// Tables prepared through this store, as declared by the flow.
    var tables: [String: TableSchema] = [:]
  }

  package let location: String
  package var localPath: String? { nil }
  private let medium: Medium
  private let agreements: [String: String]
  private let faultPoint: StoreFaultPoint
  private let state: Locked<State>
  private let recentWrites = Locked(RecentWrites())
  private let memoryLeases: MemoryLeases?
  package var leases: (any ParticipantLeases)? { memoryLeases }

  /// - Parameters:
  ///   - agreements: facts that every store on the medium must agree on.
  ///   - leasing: how the store leases participants; nil if it does not.
  ///   - isOpen: whether the store starts as if `prepare` had been called.
  ///   - faultPoint: called at every boundary; if it throws, the call fails with that error.
  package init(
    on medium: Medium = Medium(), location: String = "memory", agreements: [String: String] = [:], leasing: MemoryLeasing? = nil,
    isOpen: Bool = false, faultPoint: @escaping StoreFaultPoint = { _ in }
  ) {
    state = Locked(State(isOpen: isOpen))
    memoryLeases = leasing.map { MemoryLeases($0, on: medium.leases) }
    self.medium = medium
    self.location = location
    self.agreements = agreements
    self.faultPoint = faultPoint
  }

  // MARK: Life

  package func prepare() async throws {
    try faultPoint(.open)
    state.withLock { $0.isOpen = true }
    memoryLeases?.open()
    try commit { contents in
      let problems = agreements.sorted { $0.key < $1.key }.compactMap { contents.agree(on: $0.key, value: $0.value, location) }
      if !problems.isEmpty { throw Diagnostics(problems) }
    }
  }

  package func close() async throws {
    try faultPoint(.checkpoint)
    medium.synchronize()
    memoryLeases?.close()
    state.withLock { $0.isOpen = false }
  }

  package func synchronize() async throws {
    try checkOpen()
    medium.synchronize()
  }

  package func cutWaitsShort() {}

  package func prepare(tables: [TableSchema]) async throws {
    try commit { contents in
      let problems = tables.flatMap { contents.prepare($0, location) }
      if !problems.isEmpty { throw Diagnostics(problems) }
    }
    state.withLock { state in
      for table in tables { state.tables[table.name] = table }
    }
  }

  package func agree(on name: String, value: String) async throws {
    try commit { contents in
      if let problem = contents.agree(on: name, value: value, location) { throw problem }
    }
  }

  // MARK: Ledger

  package func ledger(of participant: String, dataTypes: [String]?, endingAfter instant: Int64?) async throws -> [LedgerSlice] {
    try read { contents in
      contents.ledger(of: participant).filter { dataTypes?.contains($0.key.dataType) ?? true && $0.key.end > instant ?? .min }
    }
  }

  package func outline(
    of participant: String, dataTypes: [String], settledBy latest: Int64, each window: Range<Int64>?
  ) async throws -> LedgerOutline {
    try read { contents in
      let known = contents.ledger(of: participant).filter { dataTypes.contains($0.key.dataType) }
      let rows = Set(dataTypes).sorted().flatMap { dataType in
        let rows = known.filter { $0.key.dataType == dataType }
        let isJoined = rows.map { $0.isSettled(asOf: latest) && window?.overlaps($0.window) != true }
        var settled = SettledSpans(of: participant, dataType)
        for (row, _) in zip(rows, isJoined).filter(\.1) { settled.add(row.window) }
        return (settled.rows + zip(rows, isJoined).filter { !$0.1 }.map(\.0)).sorted { $0.key.start < $1.key.start }
      }
      return LedgerOutline(rows: rows, latestSync: known.compactMap(\.latestSync).filter { $0 <= latest }.max())
    }
  }

  package func progress(of participant: String, from start: Int64) async throws -> LedgerProgress {
    try read { contents in
      let rows = contents.ledger(of: participant)
      var progress = LedgerProgress(unanswered: rows.filter { !$0.state.isAnswered })
      for row in rows { progress.add(row.key.dataType, row.window, isAnswered: row.state.isAnswered, from: start) }
      return progress
    }
  }

  package func record(_ slices: [LedgerSlice]) async throws {
    guard !slices.isEmpty else { return }
    try commit { contents in
      for slice in slices {
        try memoryLeases?.check(slice.key.participant)
        try faultPoint(.statement)
        contents.apply(LedgerChange(noting: slice, among: contents.ledger(overlapping: slice.key)), of: slice.key.participant)
      }
    }
  }

  package func recollect(_ slices: [SliceKey]) async throws -> Int {
    try commit { contents in
      try slices.reduce(0) { count, key in
        try memoryLeases?.check(key.participant)
        try faultPoint(.statement)
        return count + contents.recollect(key)
      }
    }
  }

  // MARK: Rows

  package func compare(
    _ batch: RecordBatch, of participant: String, in table: TableSchema, slice: SliceKey?
  ) async throws -> RecordComparison {
    let table = try known(table)
    let mark = recentWrites.withLock { $0.count }
    return try read { contents in
      let order = try RowOrder(batch, key: table.key)
      let rows = SliceRows(batch, in: table)
      let span = try rows.span(order, slice?.window)
      let diff = contents.diff(order, rows, span, of: participant, window: slice?.window)
      guard let slice else { return RecordComparison(diff.verdict) }
      let ledger = contents.ledger(overlapping: slice)
      return RecordComparison(
        diff.verdict,
        finding: ComparedRows(batch, order, diff, of: participant, in: table.name, slice: slice, span: span, ledger: ledger, mark: mark))
    }
  }

  package func write(_ writes: [SliceWrite]) async throws -> [Result<SliceWriteResult, ProcessorError>] {
    guard !writes.isEmpty else { return [] }
    let writes = try writes.prepared(known)
    do {
      return try commit { contents in
        try writes.map { write in
          // A failing slice does not affect the others.
          do {
            try memoryLeases?.check(write.participant)
            return .success(try written(write, into: &contents))
          } catch let error as ProcessorError where [.badData, .internal].contains(error.failure.cause) || error.failure.isLeftToOthers {
            return .failure(error)
          }
        }
      }
    } catch let error as ProcessorError {
      return writes.map { _ in .failure(error) }
    }
  }

  private func written(_ write: SliceWrite, into contents: inout MemoryContents) throws -> SliceWriteResult {
    try faultPoint(.statement)
    var part = contents
    var result: SliceWriteResult
    do {
      result = try MemoryWriter(write).run(&part, recentWrites)
    } catch let error as ProcessorError where write.finding != nil && error.failure.cause == .badData {
      // Another process may have inserted the row in a way that the ledger does not show.
      var write = write
      write.finding = nil
      part = contents
      result = try MemoryWriter(write).run(&part, recentWrites)
    }
    contents = part
    return result
  }

  package func note(_ objects: [ProcessedObject]) async throws {
    guard !objects.isEmpty else { return }
    try commit { contents in
      try faultPoint(.statement)
      for object in objects { contents.note(object) }
    }
  }

  package func erase(participant: String) async throws -> Erasure {
    recentWrites.withLock { $0.note(participant, nil, .all) }
    var erasure = Erasure()
    erasure.slices = try commit { contents in
      try memoryLeases?.check(participant)
      return contents.eraseLedger(of: participant)
    }
    for table in try read({ $0.tableNames }) {
      let count = try commit { $0.eraseRows(of: participant, in: table) }
      if count > 0 { erasure.rows[table] = count }
    }
    let objects = try commit { $0.eraseObjects(of: participant) }
    if objects > 0 { erasure.rows["object_processed"] = objects }
    try commit { $0.forget(participant) }
    medium.leases.withLock { $0.forget(participant) }
    return erasure
  }

  // MARK: Reading

  package func reader() async throws -> (any RecordReader)? {
    medium.contents.withLock { $0 } == nil ? nil : MemoryReader(medium)
  }

  private func known(_ table: TableSchema) throws -> TableSchema {
    guard let known = state.withLock({ $0.tables[table.name] }) else {
      throw ProcessorError(.internal, "table '\(table.name)' was not prepared before it was used")
    }
    return known
  }

  private func checkOpen() throws {
    guard state.withLock({ $0.isOpen }) else {
      throw ProcessorError(.internal, "database '\(location)' was used before it was opened or after it was closed")
    }
  }

  private func read<Result>(_ body: (MemoryContents) throws -> Result) throws -> Result {
    try checkOpen()
    return try body(medium.contents.withLock { $0 } ?? MemoryContents())
  }

  /// Runs one transaction, atomically.
  @discardableResult
  private func commit<Result: Sendable>(_ body: (inout MemoryContents) throws -> Result) throws -> Result {
    try checkOpen()
    let result = try medium.contents.withLock { contents in
      try faultPoint(.begin)
      var changed = contents ?? MemoryContents()
      let others = changed.commits - state.withLock { $0.commits }
      recentWrites.withLock { $0.noteOthers(Int64(others)) }
      let result = try body(&changed)
      try faultPoint(.commit)
      changed.commits += 1
      state.withLock { $0.commits += 1 }
      contents = changed
      return result
    }
    try faultPoint(.committed)
    return result
  }
}
