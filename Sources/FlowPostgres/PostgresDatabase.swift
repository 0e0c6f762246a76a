import FlowCore
import StudyLedger
import StudyModel

/// The tables and the ledger in a PostgreSQL database, 13 or newer, or one with TimescaleDB. Several hosts may share it.
///
/// - **Connections.** Up to four, none of which a thread waits for. Nothing depends on the state of a session, so a pooler in transaction mode
///   may be between.
/// - **Writing.** One transaction for the writes that wait, one savepoint a slice, one connection at a time for a participant.
/// - **Trouble.** A transaction is repeated if the connection is lost or another transaction was in its way; a server that stays away for a
///   minute stops the run. Repeating is harmless even if a commit's answer was lost: the same answer again changes nothing.
package final class PostgresDatabase: RecordStore {
  package let location: String
  let address: PostgresAddress
  package var localPath: String? { nil }
  let environment: RuntimeEnvironment
  let links: PostgresLinks
  let postgresLeases: PostgresLeases
  package var leases: (any ParticipantLeases)? { postgresLeases }
  package var requestGrants: (any RequestGrants)? { PostgresRequestGrants(database: self) }
  package var models: (any ModelDatabase)? { self }
  let faultPoint: StoreFaultPoint
  /// Where rows were written lately, and what others have written.
  let recentWrites = Locked(RecentWrites())
  let versions = Locked(ParticipantVersions())
  let turns: Locked<WriteTurns>
  /// Those who wait for their turn.
  let waiters = Locked<[CheckedContinuation<Void, Never>]>([])
  let agreements: [NamedValue<String>]
  private let partitions = MonthPartitions()
  private let state = Locked(State())
  var failure: PostgresFailure { PostgresFailure(location: location) }

  private struct State {
    var server: PostgresSchema.Server?
    /// Tables known to exist, as declared by the flow.
    var tables: [String: TableSchema] = [:]
  }

  /// - Parameters:
  ///   - address: where the database is.
  ///   - agreements: facts that must be the same in every flow that uses it.
  ///   - faultPoint: called at every boundary with the server; a test can make the n-th call throw.
  package init(
    _ address: PostgresAddress, agreements: [NamedValue<String>], environment: RuntimeEnvironment,
    faultPoint: @escaping StoreFaultPoint = { _ in }, limits: PostgresLimits = PostgresLimits()
  ) {
    location = address.uri
    self.address = address
    self.agreements = agreements
    self.environment = environment
    self.faultPoint = faultPoint
    links = PostgresLinks(address, environment, limits: limits)
    postgresLeases = PostgresLeases(links, environment)
    // One connection is left for those who read.
    turns = Locked(WriteTurns(writers: max(1, limits.connections - 1)))
  }

  // MARK: Service

  package func prepare() async throws {
    links.open()
    try faultPoint(.open)
    do {
      let (server, problems) = try await transaction { [agreements] transaction in
        let schema = PostgresSchema(transaction: transaction, location: self.location)
        let server = try await schema.prepare(self.environment)
        var problems: [Diagnostic] = []
        for agreement in agreements {
          if let problem = try await schema.agree(on: agreement.name, value: agreement.value) { problems.append(problem) }
        }
        if !problems.isEmpty { throw Diagnostics(problems) }
        return (server, problems)
      }
      precondition(problems.isEmpty, "problems are thrown, so that nothing is committed")
      state.withLock { $0.server = server }
      recentWrites.withLock { $0.forgetOthers() }
      postgresLeases.open()
    } catch {
      throw failure.opening(error)
    }
  }

  package func close() async throws {
    try faultPoint(.checkpoint)
    postgresLeases.close()
    await links.close()
    partitions.forgetAll()
    state.withLock { $0 = State() }
  }

  /// Nothing to do on a server that commits synchronously. Where an administrator has switched that off, an empty transaction that insists on
  /// it makes every commit before it durable too.
  package func synchronize() async throws {
    let server = try open()
    guard !server.commitsSynchronously else { return }
    try await links.lend { link in
      try await link.run([Statement("BEGIN"), Statement("SET LOCAL synchronous_commit = on"), Statement("SELECT txid_current()"), Statement("COMMIT")]) { _ in }
    }
  }

  package func cutWaitsShort() { links.cutWaitsShort() }

  // MARK: Tables

  package func prepare(tables: [TableSchema]) async throws {
    let server = try open()
    let hasRawData = try await transaction { [location, environment] transaction in
      let schema = PostgresSchema(transaction: transaction, location: location)
      try await schema.lock()
      let before = try await schema.columnNames(of: tables)
      var problems: [Diagnostic] = []
      for table in tables { problems += try await schema.prepare(table, server) }
      guard problems.isEmpty else { throw Diagnostics(problems) }
      let changes = AuditLine.changes(from: before, to: try await schema.columnNames(of: tables))
      if !changes.isEmpty { try await AuditStatements.append(.schema(changes, environment), transaction) }
      return try await PostgresRawData.prepare(transaction)
    }
    if !hasRawData {
      environment.log("the database has an object raw_data that flowrun did not make; it is left as it is", ["database": location])
    }
    state.withLock { state in
      for table in tables { state.tables[table.name] = table }
    }
  }

  package func agree(on name: String, value: String) async throws {
    let problem = try await transaction { [location] transaction in
      let schema = PostgresSchema(transaction: transaction, location: location)
      try await schema.lock()
      return try await schema.agree(on: name, value: value)
    }
    if let problem { throw problem }
  }

  /// The table as it was prepared. Throws `ProcessorError` (`internal`) if it was not.
  func known(_ table: TableSchema) throws -> TableSchema {
    guard let known = state.withLock({ $0.tables[table.name] }) else {
      throw ProcessorError(.internal, "table '\(table.name)' was not prepared before it was used")
    }
    return known
  }

  private func open() throws -> PostgresSchema.Server {
    guard let server = state.withLock({ $0.server }) else {
      throw ProcessorError(.internal, "database '\(location)' was used before it was opened or after it was closed")
    }
    return server
  }

  /// Makes the monthly partitions that rows need, in a transaction of its own: it must not wait for the rows' locks.
  func preparePartitions(_ writes: [SliceWrite]) async throws {
    let server = try open()
    guard !server.hasTimescale else { return }
    for write in writes where PostgresTable(write.table).isPartitioned {
      guard let time = write.table.timeColumn, case .integer(let instants)? = write.batch[time.name]?.values else { continue }
      let missing = partitions.missing(write.table, instants)
      guard !missing.isEmpty else { continue }
      // A boundary like any other: the commit that counts for a write is that of its rows.
      let limits = links.limits, faultPoint: StoreFaultPoint = { [faultPoint] _ in try faultPoint(.statement) }
      let made: @Sendable (PostgresTransaction) async throws -> Void = { [partitions, location] transaction in
        try await PostgresSchema(transaction: transaction, location: location).lock()
        try await partitions.make(missing, of: write.table, transaction)
      }
      try await links.lend { link in try await PostgresTransaction.write(on: link, limits, faultPoint: faultPoint, made) }
      partitions.note(missing, of: write.table)
    }
  }

  // MARK: Ledger

  package func ledger(of participant: String, dataTypes: [String]?, endingAfter instant: Int64?) async throws -> [LedgerSlice] {
    try await read([LedgerStatements.rows(of: participant, dataTypes: dataTypes, endingAfter: instant)]) {
      try LedgerStatements.slices($0[0], of: participant)
    }
  }

  package func outline(
    of participant: String, dataTypes: [String], settledBy latest: Int64, each window: Range<Int64>?
  ) async throws -> LedgerOutline {
    let kinds = Set(dataTypes).sorted()
    let windowed = window.map { window in
      kinds.map {
        LedgerStatements.overlapping(SliceKey(participant: participant, dataType: $0, start: window.lowerBound, end: window.upperBound))
      }
    }
    let statements = LedgerReading.outlineStatements(of: participant, dataTypes: kinds, settledBy: latest)
    return try await read(statements + (windowed ?? [])) { answers in
      let inside = try answers[statements.count...].flatMap { try LedgerStatements.slices($0, of: participant) }
      return try LedgerReading.outline(of: participant, dataTypes: kinds, settledBy: latest, answers[..<statements.count], inside: inside)
    }
  }

  package func progress(of participant: String, from start: Int64) async throws -> LedgerProgress {
    try await read(LedgerReading.progressStatements(of: participant)) { try LedgerReading.progress(of: participant, from: start, $0) }
  }

  package func record(_ slices: [LedgerSlice]) async throws {
    guard !slices.isEmpty else { return }
    try await transaction { [self] transaction in
      try await checkLeases(of: slices.map(\.key.participant), transaction)
      let identifiers = try await begin(slices.map(\.key.participant), transaction)
      for slice in slices {
        let participantID = try id(of: slice.key.participant, in: identifiers)
        let known = try await transaction.run([LedgerStatements.overlapping(slice.key)]) { try LedgerStatements.slices($0[0], of: slice.key.participant) }
        let change = LedgerChange(noting: slice, among: known)
        let statements =
          change.removed.map { LedgerStatements.remove($0, participantID: participantID) }
          + (change.remainders + change.added).map { LedgerStatements.insert($0, participantID: participantID) }
        if !statements.isEmpty { try await transaction.run(statements) }
      }
    }
  }

  package func recollect(_ slices: [SliceKey]) async throws -> Int {
    try await transaction { [self] transaction in
      try await checkLeases(of: slices.map(\.participant), transaction)
      var count = 0
      for key in slices {
        let found = try await transaction.run([LedgerStatements.exact(key)]) { try LedgerStatements.slices($0[0], of: key.participant) }
        guard var slice = found.first else { continue }
        slice.recollect()
        try await transaction.run([LedgerStatements.update(recollected: slice)])
        count += 1
      }
      return count
    }
  }

  package func note(_ objects: [ProcessedObject]) async throws {
    guard !objects.isEmpty else { return }
    // Only tells what is committed, so that no lease is needed.
    try await transaction { transaction in try await transaction.run(objects.map(ObjectStatements.note)) }
  }

  // MARK: Reading

  package func reader() async throws -> (any RecordReader)? { try await PostgresReader.open(location, environment, links.limits) }

  func read<Value: Sendable>(_ statements: [Statement], read: @escaping @Sendable ([Answer]) throws -> Value) async throws -> Value {
    _ = try open()
    let limits = links.limits
    return try await links.lend { link in try await PostgresTransaction.read(on: link, limits, statements, read: read) }
  }

  /// Runs a transaction that may be repeated as a whole.
  func transaction<Result: Sendable>(_ body: @Sendable (PostgresTransaction) async throws -> Result) async throws -> Result {
    let limits = links.limits, faultPoint = faultPoint
    return try await links.lend { link in try await PostgresTransaction.write(on: link, limits, faultPoint: faultPoint, body) }
  }
}

package typealias PostgresLimits = PostgresLinks.Limits
