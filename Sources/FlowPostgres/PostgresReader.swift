import FlowCore
import StudyLedger
import StudyModel

/// Read-only access to a database, over a connection of its own.
final class PostgresReader: RecordReader {
  private let links: PostgresLinks
  private let location: String

  private init(_ links: PostgresLinks, location: String) {
    self.links = links
    self.location = location
  }

  /// nil if no run has made flowrun's tables.
  static func open(_ location: String, _ environment: RuntimeEnvironment, _ limits: PostgresLimits) async throws -> PostgresReader? {
    guard let address = PostgresAddress(location) else { preconditionFailure("a store's address has been checked") }
    var limits = limits
    limits.connections = 1
    let links = PostgresLinks(address, environment, limits: limits)
    links.open()
    do {
      let isPrepared = try await links.lend { link in try await link.run([PostgresSchema.preparedStatement]) { $0[0].boolean(0, 0) } }
      if isPrepared {
        let recorded = try await links.lend { link in try await link.run([PostgresSchema.versionStatement]) { $0[0].count > 0 ? $0[0].text(0, 0) : nil } }
        let version = recorded.flatMap { Int($0) } ?? 0
        guard version >= PostgresSchema.version else {
          throw PostgresFailure(location: location).stop(
            "its schema is of version \(version)", "version \(PostgresSchema.version)", "run the flow once, which brings it up to date")
        }
        return PostgresReader(links, location: location)
      }
    } catch {
      await links.close()
      throw PostgresFailure(location: location).opening(error)
    }
    await links.close()
    return nil
  }

  func close() async throws { await links.close() }

  private func read<Value: Sendable>(_ statements: [Statement], _ read: @escaping @Sendable ([Answer]) throws -> Value) async throws -> Value {
    let limits = links.limits
    return try await links.lend { link in try await PostgresTransaction.read(on: link, limits, statements, read: read) }
  }

  // MARK: Who and what

  func identity() async throws -> StoreIdentity {
    let sql = "SELECT (SELECT value FROM flowrun_setting WHERE name = $1), (SELECT value FROM flowrun_setting WHERE name = 'agreed.participants')"
    return try await read([Statement(sql, [.text(PostgresSchema.identitySetting)])]) { answers in
      StoreIdentity(id: answers[0].text(0, 0), isSimulated: answers[0].text(0, 1) == "simulated")
    }
  }

  func history() async throws -> StoreHistory {
    try await read([Statement("SELECT DISTINCT run FROM slice"), Statement("SELECT name FROM participant")]) { answers in
      StoreHistory(runs: Set(texts(answers[0])), participants: Set(texts(answers[1])))
    }
  }

  func participants() async throws -> [String] { try await read([Statement("SELECT name FROM participant ORDER BY name")]) { texts($0[0]) } }

  // MARK: Ledger

  func ledger(of participant: String) async throws -> [LedgerSlice] {
    try await read([LedgerStatements.rows(of: participant, dataTypes: nil, endingAfter: nil)]) { try LedgerStatements.slices($0[0], of: participant) }
  }

  func answers(of participant: String, dataTypes: [String], window: Range<Int64>) async throws -> [LedgerSlice] {
    let kinds = Set(dataTypes).sorted()
    guard !kinds.isEmpty else { return [] }
    return try await read(
      kinds.map {
        LedgerStatements.overlapping(
          SliceKey(participant: participant, dataType: $0, start: window.lowerBound, end: window.upperBound), isAnswered: true)
      }
    ) { answers in try answers.flatMap { try LedgerStatements.slices($0, of: participant) } }
  }

  func processedObjects(of participant: String) async throws -> [ProcessedObject] {
    try await read([ObjectStatements.all(of: participant)]) { ObjectStatements.objects($0[0], of: participant) }
  }

  func auditEntries(after number: Int64, limit: Int) async throws -> [AuditEntry] {
    guard try await read([AuditStatements.exists], { $0[0].boolean(0, 0) }) else { return [] }
    return try await read([AuditStatements.after(number, limit: limit)]) { try AuditStatements.entries($0[0]) }
  }

  // MARK: Tables

  func records(of participant: String, _ wanted: WantedRecords) async throws -> ParticipantRecords {
    let tables = Set(wanted.minutes.map(\.table) + wanted.intervals.map(\.column.table) + wanted.dates.map(\.table) + wanted.totals.map(\.column.table)).sorted()
    let columns = try await columns(of: tables)
    let plan = RecordsPlan(wanted, among: columns)
    return try await read([LedgerStatements.rows(of: participant, dataTypes: nil, endingAfter: nil)] + plan.statements(of: participant)) { answers in
      var records = try plan.records(Array(answers.dropFirst()))
      records.ledger = try LedgerStatements.slices(answers[0], of: participant)
      return records
    }
  }

  func emptyColumns(of tables: [TableSchema]) async throws -> [TableColumn] {
    let known = try await columns(of: tables.map(\.name))
    let asked = tables.flatMap { table in table.columns.filter { known[table.name]?.contains($0.name) ?? false }.map { TableColumn(table: table.name, column: $0.name) } }
    guard !asked.isEmpty else { return [] }
    return try await read(
      asked.map { column in
        let table = quoted(column.table)
        return Statement(
          "SELECT EXISTS (SELECT 1 FROM \(table)) AND NOT EXISTS (SELECT 1 FROM \(table) WHERE \(quoted(column.column)) IS NOT NULL)")
      }
    ) { answers in zip(asked, answers).filter { $1.boolean(0, 0) }.map(\.0) }
  }

  func rows(of participant: String, _ wanted: [TableRows]) async throws -> [RecordBatch] {
    let known = try await columns(of: Set(wanted.map(\.table.name)).sorted())
    let plans = wanted.map { RowsPlan($0, among: known[$0.table.name] ?? []) }
    return try await read([RowsPlan.isKnown(participant)] + plans.map { $0.statement(of: participant) }) { answers in
      let isKnown = answers[0].boolean(0, 0)
      return zip(plans, answers.dropFirst()).map { isKnown ? $0.batch($1) : RecordBatch(columns: [], count: 0) }
    }
  }

  func extents(in table: TableSchema) async throws -> [String: RowExtent] {
    guard let known = try await columns(of: [table.name])[table.name], !known.isEmpty, table.timeColumn.map({ known.contains($0.name) }) ?? true
    else { return [:] }
    return try await read([RowsPlan.extents(of: table)]) { RowsPlan.extents($0[0], of: table) }
  }

  func extents(of participant: String, in tables: [TableSchema]) async throws -> [RowExtent?] {
    let known = try await columns(of: Set(tables.map(\.name)).sorted())
    return try await read(tables.map { SeriesPlan.extent(of: participant, in: $0, among: known[$0.name] ?? []) }) { answers in
      zip(tables, answers).map { SeriesPlan.extent($1, of: $0) }
    }
  }

  func series(of participant: String, _ query: SeriesQuery) async throws -> [SeriesPoint] {
    let plan = SeriesPlan(query, among: try await columns(of: [query.table.name])[query.table.name] ?? [])
    return try await read([plan.statement(of: participant)]) { plan.points($0[0]) }
  }

  func latestSyncs(endsOf clocked: [String], of participants: [String]?) async throws -> [String: Int64] {
    try await read([LedgerStatements.latestSyncs(endsOf: clocked, of: participants)]) { LedgerStatements.latestSyncs($0[0]) }
  }

  func latestFetches() async throws -> [FetchedMonths] {
    try await read([LedgerStatements.latestFetches]) { LedgerStatements.fetchedMonths($0[0]) }
  }

  /// The columns that tables have in the database.
  private func columns(of tables: [String]) async throws -> [String: Set<String>] {
    guard !tables.isEmpty else { return [:] }
    let names = try await read(tables.map(StoredColumn.statement(of:))) { answers in
      answers.map { Set(StoredColumn.columns($0).map(\.name)) }
    }
    return Dictionary(zip(tables, names)) { first, _ in first }
  }
}

private func texts(_ answer: Answer) -> [String] { (0..<answer.count).compactMap { answer.text($0, 0) } }

/// The queries for what `WantedRecords` asks, restricted to tables and columns that exist.
private struct RecordsPlan: Sendable {
  private enum Item: Sendable {
    case minutes(TableColumn)
    case intervals(TableColumn, seconds: String)
    case dates(TableColumn)
    case totals(TableColumn, date: String)
  }
  private let items: [Item]

  init(_ wanted: WantedRecords, among columns: [String: Set<String>]) {
    func has(_ table: String, _ names: String...) -> Bool { names.allSatisfy { columns[table]?.contains($0) ?? false } }
    items =
      wanted.minutes.filter { has($0.table, $0.column) }.map { .minutes($0) }
      + wanted.intervals.filter { has($0.column.table, $0.column.column, $0.seconds) }.map { .intervals($0.column, seconds: $0.seconds) }
      + wanted.dates.filter { has($0.table, $0.column) }.map { .dates($0) }
      + wanted.totals.filter { has($0.column.table, $0.column.column, $0.date) }.map { .totals($0.column, date: $0.date) }
  }

  func statements(of participant: String) -> [Statement] {
    items.map { item in
      let isTheirs = "WHERE participant_id = (SELECT participant_id FROM participant WHERE name = $1)"
      let sql: String
      switch item {
      case .minutes(let column):
        // The server says each stretch of minutes once.
        let time = quoted(column.column)
        sql = """
          SELECT min(m) AS s, max(m) + 60 FROM (
            SELECT m, m - 60 * row_number() OVER (ORDER BY m) AS stretch FROM (
              SELECT DISTINCT floor(extract(epoch FROM \(time)) / 60)::bigint * 60 AS m FROM \(quoted(column.table)) \(isTheirs)) AS minutes) AS numbered
          GROUP BY stretch ORDER BY s
          """
      case .intervals(let column, let seconds):
        let time = quoted(column.column)
        sql = "SELECT \(time), coalesce(\(quoted(seconds)), 0)::bigint FROM \(quoted(column.table)) \(isTheirs) ORDER BY \(time)"
      case .dates(let column): sql = "SELECT DISTINCT \(quoted(column.column)) FROM \(quoted(column.table)) \(isTheirs)"
      case .totals(let column, let date):
        sql = "SELECT \(quoted(date)), sum(\(quoted(column.column)))::double precision FROM \(quoted(column.table)) \(isTheirs) GROUP BY 1"
      }
      return Statement(sql, [.text(participant)])
    }
  }

  func records(_ answers: [Answer]) throws -> ParticipantRecords {
    var records = ParticipantRecords()
    for (item, answer) in zip(items, answers) {
      switch item {
      case .minutes(let column):
        records.minutes[column.table] = (0..<answer.count).map { (answer.integer($0, 0) ?? 0)..<(answer.integer($0, 1) ?? 0) }
      case .intervals(let column, _): records.minutes[column.table] = Self.minutes(answer)
      case .dates(let column): records.dates[column.table] = Set((0..<answer.count).compactMap { Self.date(answer, $0) })
      case .totals(let column, _):
        for row in 0..<answer.count {
          guard let date = Self.date(answer, row), let total = answer.double(row, 1) else { continue }
          records.totals[column, default: [:]][date] = total
        }
      }
    }
    return records
  }

  private static func date(_ answer: Answer, _ row: Int) -> CivilDate? { answer.integer(row, 0).map { CivilDate(daysSince1970: $0) } }

  /// The minutes that intervals overlap.
  private static func minutes(_ answer: Answer) -> [Range<Int64>] {
    var minutes = CoveredMinutes()
    for row in 0..<answer.count { minutes.add(answer.integer(row, 0) ?? 0, seconds: answer.integer(row, 1) ?? 0) }
    return minutes.ranges
  }
}
