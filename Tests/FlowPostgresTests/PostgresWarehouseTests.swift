import FlowCore
import FlowPostgres
import FlowTesting
import StudyModel
import Testing

/// Loading into a real server.
@Suite("A warehouse in PostgreSQL")
struct PostgresWarehouseTests {
  /// 2026-01-05T00:00:00Z.
  private static let day: Int64 = 1_767_571_200
  private static let steps = TableSchema(
    name: "fitbit_15min_steps", columns: [.init("instant", .instant), .init("utc_offset", .offset), .init("value", .integer)], key: ["instant"])
  private static let nights = TableSchema(
    name: "fitbit_sleep_stage", columns: [.init("log_id", .text), .init("instant", .instant), .init("stage", .text), .init("date", .date)],
    key: ["log_id", "instant"])
  private static let all = "SELECT participant, extract(epoch FROM instant)::bigint - \(day), value FROM fitbit_15min_steps ORDER BY 1, 2"

  /// - Parameter faults: passed at every boundary with the server, once the tables are there.
  private static func opened(_ uri: String, faults: FaultPlan) async throws -> PostgresWarehouse {
    let isPrepared = Locked(false)
    let warehouse = PostgresWarehouse(try PostgresAddress(checking: uri), environment: PostgresFixture.environment()) { boundary in
      if isPrepared.withLock({ $0 }) { try faults.pass("warehouse.\(boundary)") }
    }
    try await warehouse.prepare()
    try await warehouse.prepare(tables: [steps])
    isPrepared.withLock { $0 = true }
    return warehouse
  }

  private static func warehouse(_ uri: String) throws -> PostgresWarehouse {
    PostgresWarehouse(try PostgresAddress(checking: uri), environment: PostgresFixture.environment())
  }

  private static func opened(_ uri: String, _ tables: [TableSchema] = [steps, nights]) async throws -> PostgresWarehouse {
    let warehouse = try warehouse(uri)
    try await warehouse.prepare()
    try await warehouse.prepare(tables: tables)
    return warehouse
  }

  /// - Parameter rows: values by seconds of the day.
  private static func slice(_ rows: [Int64: Int64], of participant: String = "P1", day number: Int64 = 0, unfinished: Bool = false) -> WarehouseSlice {
    let start = day + number * 86_400
    let sorted = rows.sorted { $0.key < $1.key }
    let batch = RecordBatch(
      columns: [
        .init(name: "instant", values: .integer(sorted.map { start + $0.key })), .init(name: "utc_offset", values: .integer(sorted.map { _ in -21_600 })),
        .init(name: "value", values: .integer(sorted.map(\.value))),
      ], count: sorted.count)
    return WarehouseSlice(table: steps, participant: participant, batch: batch, extent: .instants(start..<start + 86_400), isUnfinished: unfinished)
  }

  private static func night(_ log: String, _ instants: [Int64], date: String) -> WarehouseSlice {
    let batch = RecordBatch(
      columns: [
        .init(name: "log_id", values: .text(instants.map { _ in log })), .init(name: "instant", values: .integer(instants.map { day + $0 })),
        .init(name: "stage", values: .text(instants.map { _ in "deep" })), .init(name: "date", values: .text(instants.map { _ in date })),
      ], count: instants.count)
    return WarehouseSlice(table: nights, participant: "P1", batch: batch, extent: .values(["date": date]), intervals: ["log_id"])
  }

  @Test("a day loaded twice is there once; a day asked again replaces what was there, also with nothing", arguments: [3, 96])
  func twice(_ count: Int64) async throws {
    let fixture = try await PostgresFixture()
    let warehouse = try await Self.opened(fixture.uri)
    let rows = Dictionary(uniqueKeysWithValues: (0..<count).map { ($0 * 900, 100 + $0) })
    for _ in 0..<2 { #expect(try await warehouse.load([Self.slice(rows), Self.slice(rows, of: "P2"), Self.slice([0: 7], day: 1)]) == Int(2 * count + 1)) }
    #expect(try await fixture.query("SELECT participant, count(*), sum(value) FROM fitbit_15min_steps GROUP BY 1 ORDER BY 1").count == 2)
    #expect(try await fixture.query("SELECT count(*) FROM fitbit_15min_steps") == ["\(2 * count + 1)"])
    // Fewer rows, other values; the other day and the other participant stay.
    _ = try await warehouse.load([Self.slice([900: 5])])
    #expect(try await fixture.query(Self.all + " LIMIT 2") == ["P1|900|5", "P1|86400|7"])
    _ = try await warehouse.load([Self.slice([:])])
    #expect(try await fixture.query(Self.all + " LIMIT 1") == ["P1|86400|7"])
    #expect(try await fixture.query("SELECT count(*) FROM fitbit_15min_steps WHERE participant = 'P2'") == ["\(count)"])
    try await warehouse.close()
  }

  @Test("an answer that is not finished, or lacks a column, changes what it names and deletes nothing")
  func partial() async throws {
    let fixture = try await PostgresFixture()
    let warehouse = try await Self.opened(fixture.uri)
    _ = try await warehouse.load([Self.slice([0: 1, 900: 2])])
    _ = try await warehouse.load([Self.slice([900: 3, 1800: 4], unfinished: true)])
    #expect(try await fixture.query(Self.all) == ["P1|0|1", "P1|900|3", "P1|1800|4"])
    let batch = RecordBatch(columns: [.init(name: "instant", values: .integer([Self.day])), .init(name: "utc_offset", values: .integer([0]))], count: 1)
    _ = try await warehouse.load([WarehouseSlice(table: Self.steps, participant: "P1", batch: batch, extent: .instants(Self.day..<Self.day + 86_400))])
    #expect(try await fixture.query(Self.all) == ["P1|0|1", "P1|900|3", "P1|1800|4"])
    #expect(try await fixture.query("SELECT utc_offset FROM fitbit_15min_steps ORDER BY instant") == ["0", "-21600", "-21600"])
    try await warehouse.close()
  }

  @Test("a night is replaced as a whole, also when it moves to another date")
  func nights() async throws {
    let fixture = try await PostgresFixture()
    let warehouse = try await Self.opened(fixture.uri)
    let all = "SELECT log_id, extract(epoch FROM instant)::bigint - \(Self.day), date FROM fitbit_sleep_stage ORDER BY 1, 2"
    _ = try await warehouse.load([Self.night("1", [0, 30, 60], date: "2026-01-05"), Self.night("2", [90_000], date: "2026-01-06")])
    _ = try await warehouse.load([Self.night("1", [0, 45], date: "2026-01-05")])
    #expect(try await fixture.query(all) == ["1|0|2026-01-05", "1|45|2026-01-05", "2|90000|2026-01-06"])
    _ = try await warehouse.load([Self.night("1", [0, 50], date: "2026-01-06")])
    #expect(try await fixture.query(all) == ["1|0|2026-01-06", "1|50|2026-01-06"], "the night of that date that the answer lacks is gone")
    try await warehouse.close()
  }

  @Test("keys that repeat in an answer are there once, with the last value")
  func repeatedKeys() async throws {
    let fixture = try await PostgresFixture()
    let warehouse = try await Self.opened(fixture.uri)
    let batch = RecordBatch(
      columns: [
        .init(name: "instant", values: .integer([Self.day, Self.day])), .init(name: "utc_offset", values: .integer([0, 0])), .init(name: "value", values: .integer([1, 2])),
      ], count: 2)
    #expect(try await warehouse.load([WarehouseSlice(table: Self.steps, participant: "P1", batch: batch, extent: .instants(Self.day..<Self.day + 60))]) == 1)
    #expect(try await fixture.query(Self.all) == ["P1|0|2"])
    try await warehouse.close()
  }

  @Test("two that load the same days at once leave each once")
  func atOnce() async throws {
    let fixture = try await PostgresFixture()
    let rows = Dictionary(uniqueKeysWithValues: (0..<96 as Range<Int64>).map { ($0 * 900, $0) })
    let warehouses = [try await Self.opened(fixture.uri), try await Self.opened(fixture.uri)]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for warehouse in warehouses {
        for day in 0..<8 as Range<Int64> { group.addTask { _ = try await warehouse.load([Self.slice(rows, day: day % 4)]) } }
      }
      try await group.waitForAll()
    }
    #expect(try await fixture.query("SELECT count(*), count(DISTINCT instant) FROM fitbit_15min_steps") == ["384|384"])
    for warehouse in warehouses { try await warehouse.close() }
  }

  @Test("whichever call fails, a day is the old one or the new one")
  func failingCalls() async throws {
    let fixture = try await PostgresFixture()
    let counting = FaultPlan()
    let warehouse = try await Self.opened(fixture.uri, faults: counting)
    _ = try await warehouse.load([Self.slice([0: 1])])
    let calls = counting.callCount
    try await warehouse.close()
    for call in 1...calls {
      let failing = try await Self.opened(fixture.uri, faults: FaultPlan().fail(call: call, with: ProcessorError(.database, "made to fail")))
      let value = Int64(call + 1)
      var hasFailed = false
      do { _ = try await failing.load([Self.slice([0: value])]) } catch is ProcessorError { hasFailed = true }
      let found = try await fixture.query(Self.all)
      // After the last call, the commit, the answer is lost.
      #expect(hasFailed && found == ["P1|0|\(call == calls ? value : Int64(call))"], "call \(call): \(found)")
      // As a run that is repeated does.
      _ = try await failing.load([Self.slice([0: value])])
      #expect(try await fixture.query(Self.all) == ["P1|0|\(value)"])
      try await failing.close()
    }
  }

  @Test("a new column is added; a table of another shape is refused before anything is changed")
  func shapes() async throws {
    let fixture = try await PostgresFixture()
    var wider = Self.steps
    wider.columns.append(.init("note", .text))
    try await Self.opened(fixture.uri).close()
    try await Self.opened(fixture.uri, [wider]).close()
    #expect(try await fixture.query("SELECT count(*) FROM information_schema.columns WHERE table_name = 'fitbit_15min_steps'") == ["5"])
    var other = Self.steps
    other.columns[2].kind = .text
    let kind = await #expect(throws: Diagnostics.self) { try await Self.opened(fixture.uri, [other]) }
    #expect(kind.map { "\($0)".contains("column 'value' is bigint in the warehouse and text in the flow") } == true)
    var key = Self.steps
    key.key = ["instant", "value"]
    let keys = await #expect(throws: Diagnostics.self) { try await Self.opened(fixture.uri, [key]) }
    #expect(keys.map { "\($0)".contains("its key is (participant, instant) in the warehouse") } == true)
  }

  @Test("a flow's own database is not its warehouse")
  func ownDatabase() async throws {
    let fixture = try await PostgresFixture()
    let store = PostgresFixture.store(fixture.uri)
    try await store.prepare()
    try await store.prepare(tables: [Self.steps])
    try await store.close()
    let found = await #expect(throws: Diagnostics.self) { try await Self.opened(fixture.uri) }
    #expect(found.map { "\($0)".contains("numbers its participants") && "\($0)".contains("search_path") } == true)
  }

  @Test("a role without rights, and a server that is not there, stop the run and say what to do")
  func refusals() async throws {
    let fixture = try await PostgresFixture()
    try await Self.opened(fixture.uri).close()
    try await fixture.server.execute("DROP ROLE IF EXISTS reader_of_warehouses")
    try await fixture.server.execute("CREATE ROLE reader_of_warehouses LOGIN")
    let database = try #require(fixture.uri.split(separator: "/").last.map(String.init))
    let warehouse = try Self.warehouse(fixture.server.uri(database, user: "reader_of_warehouses"))
    try await warehouse.prepare()
    let refusal = await #expect(throws: StopRun.self) { _ = try await warehouse.load([Self.slice([0: 1])]) }
    #expect(refusal?.cause == .database && refusal?.message.contains("GRANT") == true, "\(refusal.map { $0.message } ?? "")")
    try await warehouse.close()
    let nowhere = try Self.warehouse(fixture.server.uri("nowhere"))
    let missing = await #expect(throws: StopRun.self) { try await nowhere.prepare() }
    #expect(missing?.reason == .unavailable && missing?.cause == .database && missing?.message.contains("createdb") == true)
    try await nowhere.close()
  }
}
