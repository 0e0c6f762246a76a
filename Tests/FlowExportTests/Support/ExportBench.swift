import FlowCore
import FlowExport
import FlowFileSystem
import FlowObjects
import FlowPostgres
import FlowSQLite
import FlowTesting
import StudyLedger
import StudyModel
import StudyTesting

/// A store with rows, and exports of it into folders of a fixture.
struct ExportBench: Sendable {
  enum Database: String, CaseIterable, Sendable { case memory, sqlite, postgresql }

  static let heart = TableSchema.promised[2]
  static let zones = TableSchema.promised[1]
  static let activity = TableSchema.promised[0]
  static let steps = TableSchema.promised[3]
  static let notes = TableSchema(name: "notes", columns: [.init("id", .text), .init("text", .text), .init("weight", .real)], key: ["id"])
  static let tables = [activity, zones, heart, steps, notes]
  /// 2026-01-31T00:00:00Z.
  static let day: Int64 = 1_769_817_600

  let fixture: FileSystemFixture
  let store: any RecordStore

  /// - Parameter more: tables besides those of `tables`.
  init(_ database: Database = .memory, more: [TableSchema] = []) async throws {
    fixture = try FileSystemFixture()
    let environment = Self.environment(POSIXFileSystem())
    switch database {
    case .memory: store = MemoryStore()
    case .sqlite:
      store = SQLiteDatabase(values: PropertyValues(["path": fixture.path + "/study.sqlite"]), environment: environment) { _ in }
    case .postgresql:
      let uri = try await PostgresServer.shared().makeDatabase()
      guard let address = PostgresAddress(uri) else { preconditionFailure("the tests' server has an address") }
      store = PostgresDatabase(address, agreements: [], environment: environment) { _ in }
    }
    try await store.prepare()
    try await store.prepare(tables: Self.tables + more)
  }

  private static func environment(_ files: any FileSystem, seed: UInt64 = 1) -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: DispatchTimeSource(), random: SeededRandomSource(seed: seed), fileSystem: files, transport: ScriptedTransport(answers: []),
      json: NoRecordExtractor(), executor: DispatchExecutor(label: "test"), lane: { DispatchLane(label: $0) }, run: "run-1",
      flowSHA256: String(repeating: "0", count: 64))
  }

  // MARK: Rows

  /// Writes rows, values in the order of the table's columns, in a slice of the day that begins at `start`.
  func write(
    _ rows: [[RecordValue]], in table: TableSchema, of participant: String, start: Int64 = day, fetched: Int64 = 1_770_000_000, type: String? = nil
  ) async throws {
    let columns = table.columns.enumerated().map { index, column in RecordBatch.Column(column, rows.map { $0[index] }) }
    var slice = LedgerSlice(
      key: SliceKey(participant: participant, dataType: type ?? table.name, start: start, end: start + 86_400), state: .written, run: "run-1")
    slice.fetchedAt = Instant(seconds: fetched)
    let results = try await store.write([SliceWrite(table: table, participant: participant, batch: RecordBatch(columns: columns, count: rows.count), ledger: slice)])
    for result in results { _ = try result.get() }
  }

  /// Samples in both months, days and texts of three participants; the names are not in the order of their ids.
  func fill() async throws {
    for (number, participant) in ["P0002", "P0010", "P0001"].enumerated() {
      for offset in [0, 1] as [Int64] {
        let start = Self.day + offset * 86_400
        let samples = (0..<50 as Range<Int64>).map { index -> [RecordValue] in
          [.integer(start + index * 1700), .integer(-21_600), index % 7 == 3 ? .null : .integer(60 + index + Int64(number))]
        }
        try await write(samples, in: Self.heart, of: participant, start: start)
      }
      let days = ["2026-01-30", "2026-01-31", "2026-02-01"].enumerated().map { index, date -> [RecordValue] in
        [.text(date), .integer(Int64(index)), .null, .integer(2000), .null, .integer(Int64(1000 * index)), .real(0.1 + Double(index)), .real(-0.5)]
          + [.null, .integer(1), .integer(2), .integer(3), .integer(Int64(Int32.max)), .null]
      }
      try await write(days, in: Self.activity, of: participant)
      try await write([[.text("a"), .text("plain"), .real(1e300)], [.text("b,\"\r\n"), .text(""), .null], [.text("c"), .null, .real(-2.5)], [.text("ü"), .text("日本"), .real(1.0 / 3)]], in: Self.notes, of: participant)
    }
  }

  // MARK: Exports

  @discardableResult
  func export(
    _ layout: ExportLayout = .flowrun, _ format: ExportFormat = .csv, participants: [String]? = nil, from: String? = nil, until: String? = nil,
    to target: String = "target", flow: String = "study", files: any FileSystem = POSIXFileSystem(), seed: UInt64 = 1
  ) async throws -> Export.Outcome {
    try await export(
      to: FolderStorage(fixture.path + "/" + target, fileSystem: files, lane: DispatchLane(label: "test"), random: SeededRandomSource(seed: seed)), layout, format,
      participants: participants, from: from, until: until, flow: flow, files: files, seed: seed)
  }

  @discardableResult
  func export(
    to storage: any ObjectStorage, _ layout: ExportLayout = .flowrun, _ format: ExportFormat = .csv, participants: [String]? = nil, from: String? = nil,
    until: String? = nil, flow: String = "study", files: any FileSystem = POSIXFileSystem(), seed: UInt64 = 1
  ) async throws -> Export.Outcome {
    let request = ExportRequest(
      flow: flow, flowSHA256: String(repeating: "a", count: 64), version: "1.0", layout: layout, format: format, tables: Self.tables,
      selection: ParticipantSelection(patterns: participants),
      window: ExportWindow(from: from.flatMap { CivilDate(text: $0) }, until: until.flatMap { CivilDate(text: $0) }))
    let export = Export(request, to: storage, scratch: fixture.path + "/state/export", Self.environment(files, seed: seed))
    guard let outcome = try await store.reading({ try await export.run($0) }) else { throw ExportBenchFailure.noStore }
    return outcome
  }

  /// The audit trail of a target, a line an entry; it tells of acts and not of data.
  func trail(_ target: String = "target") throws -> [String] {
    let text = String(decoding: try fixture.fileSystem.read("\(fixture.path)/\(target)/\(ExportManifest.auditKey)"), as: UTF8.self)
    return text.split(separator: "\n").map(String.init)
  }

  /// The files of a target by their keys, without the audit trail.
  func files(_ target: String = "target") throws -> [String: [UInt8]] {
    let below = target + "/"
    guard try fixture.fileSystem.status(fixture.path + "/" + target) != nil else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: try fixture.tree(below).filter { !$0.hasSuffix("/") && !$0.hasSuffix("/" + ExportManifest.auditKey) }
        .map { (String($0.dropFirst(below.count)), try fixture.fileSystem.read(fixture.path + "/" + $0)) })
  }

  func text(_ key: String, _ target: String = "target") throws -> String { String(decoding: try files(target)[key] ?? [], as: UTF8.self) }

  /// The lines of a CSV file without its header.
  func lines(_ key: String, _ target: String = "target") throws -> [String] {
    Array(try text(key, target).split(separator: "\r\n").map(String.init).dropFirst())
  }
}

enum ExportBenchFailure: Error { case noStore }
