import FlowCore
import StudyLedger
import StudyModel

/// Read-only access to a `MemoryStore`.
struct MemoryReader: RecordReader {
  private let medium: MemoryStore.Medium

  init(_ medium: MemoryStore.Medium) { self.medium = medium }

  private var contents: MemoryContents { medium.contents.withLock { $0 } ?? MemoryContents() }

  func identity() async throws -> StoreIdentity {
    StoreIdentity(id: contents.id, isSimulated: contents.facts["participants"] == "simulated")
  }

  func history() async throws -> StoreHistory {
    StoreHistory(runs: Set(contents.ledger.map(\.run)), participants: contents.participants)
  }

  func participants() async throws -> [String] { contents.participants.sorted() }

  func ledger(of participant: String) async throws -> [LedgerSlice] { contents.ledger(of: participant) }

  func processedObjects(of participant: String) async throws -> [ProcessedObject] { contents.objects[participant] ?? [] }

  func answers(of participant: String, dataTypes: [String], window: Range<Int64>) async throws -> [LedgerSlice] {
    contents.ledger(of: participant).filter { dataTypes.contains($0.key.dataType) && $0.state.isAnswered && $0.window.overlaps(window) }
  }

  func records(of participant: String, _ wanted: WantedRecords) async throws -> ParticipantRecords {
    let contents = contents
    var records = ParticipantRecords()
    guard contents.participants.contains(participant) else { return records }
    records.ledger = contents.ledger(of: participant)
    for column in wanted.minutes where contents.has(column) {
      var minutes = CoveredMinutes()
      for instant in contents.integers(column, of: participant).sorted() { minutes.add(instant) }
      records.minutes[column.table] = minutes.ranges
    }
    for (column, seconds) in wanted.intervals where contents.has(column) && contents.has(TableColumn(table: column.table, column: seconds)) {
      let intervals = contents.rows(of: participant, in: column.table).compactMap { row -> (start: Int64, seconds: Int64)? in
        guard case .integer(let start)? = row[column.column] else { return nil }
        if case .integer(let length)? = row[seconds] { return (start, length) }
        return (start, 0)
      }
      var minutes = CoveredMinutes()
      for interval in intervals.sorted(by: { $0.start < $1.start }) { minutes.add(interval.start, seconds: interval.seconds) }
      records.minutes[column.table] = minutes.ranges
    }
    for column in wanted.dates where contents.has(column) {
      records.dates[column.table] = Set(contents.rows(of: participant, in: column.table).compactMap { $0[column.column]?.date })
    }
    for (column, date) in wanted.totals where contents.has(column) {
      for row in contents.rows(of: participant, in: column.table) {
        guard let date = row[date]?.date, let number = row[column.column]?.number else { continue }
        records.totals[column, default: [:]][date, default: 0] += number
      }
    }
    return records
  }

  func emptyColumns(of tables: [TableSchema]) async throws -> [TableColumn] {
    let contents = contents
    return tables.flatMap { table -> [TableColumn] in
      guard let known = contents.tables[table.name] else { return [] }
      let rows = known.rows.values.flatMap { $0 }
      guard !rows.isEmpty else { return [] }
      return table.columns.filter { column in
        known.schema.columns.contains { $0.name == column.name } && rows.allSatisfy { $0[column.name] ?? .null == .null }
      }.map { TableColumn(table: table.name, column: $0.name) }
    }
  }

  func rows(of participant: String, _ wanted: [TableRows]) async throws -> [RecordBatch] {
    let contents = contents
    return wanted.map { wanted in
      let table = wanted.table
      guard contents.participants.contains(participant), let known = contents.tables[table.name] else { return RecordBatch(columns: [], count: 0) }
      let columns = table.columns.filter { column in known.schema.columns.contains { $0.name == column.name } }
      let rows = contents.rows(of: participant, in: table.name).filter { row in wanted.window.contains(table.timeColumn.flatMap { row[$0.name] }) }
      return RecordBatch(columns: columns.map { column in .init(column, rows.map { $0[column.name] ?? .null }) }, count: rows.count)
    }
  }

  func extents(in table: TableSchema) async throws -> [String: RowExtent] {
    let contents = contents
    let extents = contents.participants.map { participant -> (String, RowExtent?) in
      let rows = contents.rows(of: participant, in: table.name)
      guard let time = table.timeColumn, !rows.isEmpty else { return (participant, rows.isEmpty ? nil : .timeless) }
      let dates = rows.compactMap { $0[time.name]?.date }.sorted()
      if let first = dates.first, let last = dates.last { return (participant, .dates(first...last)) }
      let instants = contents.integers(TableColumn(table: table.name, column: time.name), of: participant).sorted()
      return (participant, instants.first.flatMap { first in instants.last.map { .instants(first...$0) } })
    }
    return Dictionary(uniqueKeysWithValues: extents).compactMapValues { $0 }
  }

  func extents(of participant: String, in tables: [TableSchema]) async throws -> [RowExtent?] {
    var found: [RowExtent?] = []
    for table in tables { found.append(try await extents(in: table)[participant]) }
    return found
  }

  func series(of participant: String, _ query: SeriesQuery) async throws -> [SeriesPoint] {
    let contents = contents
    guard let time = query.table.timeColumn, contents.has(TableColumn(table: query.table.name, column: query.column)) else { return [] }
    var values: [Int64: [Double]] = [:]
    for row in contents.rows(of: participant, in: query.table.name) where query.window.contains(row[time.name]) {
      guard let number = row[query.column]?.number else { continue }
      switch (query.bucket, row[time.name]) {
      case (.seconds(let seconds), .integer(let instant)?): values[instant.flooredDivision(by: seconds) * seconds, default: []].append(number)
      case (.date, let date?): if let date = date.date { values[date.daysSince1970 * 86_400, default: []].append(number) }
      default: break
      }
    }
    return values.sorted { $0.key < $1.key }.map { start, values in
      let sum = values.reduce(0, +), smallest = values.reduce(.infinity, min), largest = values.reduce(-.infinity, max)
      return SeriesPoint(start: start, mean: sum / Double(values.count), min: smallest, max: largest, count: Int64(values.count))
    }
  }

  func latestSyncs(endsOf clocked: [String], of participants: [String]?) async throws -> [String: Int64] {
    contents.ledger.reduce(into: [:]) { syncs, slice in
      guard participants?.contains(slice.key.participant) != false else { return }
      let latest = [slice.latestSync, clocked.contains(slice.key.dataType) ? slice.key.end : nil].compactMap { $0 }.max()
      if let latest { syncs[slice.key.participant] = max(latest, syncs[slice.key.participant] ?? latest) }
    }
  }

  func latestFetches() async throws -> [FetchedMonths] {
    var latest: [String: [ClosedRange<CivilMonth>: Instant]] = [:]
    for slice in contents.ledger {
      guard let fetched = slice.fetchedAt else { continue }
      let months = CivilMonth(ofInstant: slice.key.start)...CivilMonth(ofInstant: slice.key.end - 1)
      latest[slice.key.participant, default: [:]][months] = max(fetched, latest[slice.key.participant]?[months] ?? fetched)
    }
    return latest.sorted { $0.key < $1.key }.flatMap { participant, months in
      months.sorted { ($0.key.lowerBound, $0.key.upperBound) < ($1.key.lowerBound, $1.key.upperBound) }
        .map { FetchedMonths(participant: participant, months: $0.key, latest: $0.value) }
    }
  }

  func close() async throws {}
}

extension MemoryContents {
  fileprivate func has(_ column: TableColumn) -> Bool {
    tables[column.table]?.schema.columns.contains { $0.name.lowercased() == column.column.lowercased() } ?? false
  }

  fileprivate func integers(_ column: TableColumn, of participant: String) -> [Int64] {
    rows(of: participant, in: column.table).compactMap { row in
      if case .integer(let value)? = row[column.column] { value } else { nil }
    }
  }
}

extension RowWindow {
  fileprivate func contains(_ time: RecordValue?) -> Bool {
    switch (self, time) {
    case (.everything, _): true
    case (.instants(let instants), .integer(let instant)?): instants.contains(instant)
    case (.dates(let dates), _): time?.date.map { dates.contains($0) } ?? false
    default: false
    }
  }
}

extension RecordValue {
  fileprivate var date: CivilDate? {
    if case .text(let text) = self { CivilDate(text: text) } else { nil }
  }
}
