import FlowCore
import FlowPostgres
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("Trouble with a PostgreSQL server")
struct PostgresTroubleTests {
  private static let samples = TableSchema.promised[2]
  /// 2026-01-05T00:00:00Z.
  private static let day: Int64 = 1_767_571_200

  private static func batch(_ count: Int, from minute: Int = 0) -> RecordBatch {
    RecordBatch(
      columns: [
        .init(name: "instant", values: .integer((minute..<minute + count).map { day + Int64($0) * 60 })),
        .init(name: "utc_offset", values: .integer([Int64](repeating: 0, count: count))),
        .init(name: "value", values: .integer((0..<count).map { Int64(60 + $0 % 40) })),
      ], count: count)
  }

  private static func slice(_ participant: String, _ hour: Int) -> LedgerSlice {
    let start = day + Int64(hour) * 3600
    var slice = LedgerSlice(
      key: SliceKey(participant: participant, dataType: "intraday-heart-rate", start: start, end: start + 3600), state: .written, run: "run-1")
    slice.fetchedAt = Instant(seconds: 1000)
    return slice
  }

  private static func write(_ store: PostgresDatabase, _ participant: String, _ hour: Int) async throws -> Result<SliceWriteResult, ProcessorError>? {
    let write = SliceWrite(table: samples, participant: participant, batch: batch(60, from: hour * 60), ledger: slice(participant, hour))
    return try await store.write([write]).first
  }

  private func opened(_ uri: String, _ limits: PostgresLimits = PostgresLimits()) async throws -> PostgresDatabase {
    let store = PostgresFixture.store(uri, limits: limits)
    try await store.prepare()
    try await store.prepare(tables: [Self.samples])
    return store
  }

  /// Twice as many times is the server killed. Under ThreadSanitizer a few are enough.
  private static let moments = Seeds.chosen(usual: ProcessInfo.processInfo.environment["FLOWRUN_SANITIZED"] == nil ? 15 : 3)

  // MARK: Opening

  struct Refusal: Sendable, CustomTestStringConvertible {
    var testDescription: String
    /// Makes the URI on a server.
    var uri: @Sendable (PostgresServer) async throws -> String
    var words: [String]
  }

  static let refusals = [
    Refusal(testDescription: "an unknown database", uri: { $0.uri("nowhere") }, words: ["database \"nowhere\" does not exist", "createdb"]),
    Refusal(
      testDescription: "a wrong role", uri: { $0.uri("postgres", user: "nobody") }, words: ["role \"nobody\" does not exist", "createuser"]),
    Refusal(
      testDescription: "no password",
      uri: { server in
        try await server.requirePassword(of: "locked")
        return server.uri("postgres", user: "locked")
      }, words: ["no password supplied", "~/.pgpass"]),
    Refusal(
      testDescription: "another encoding",
      uri: { try await $0.makeDatabase("ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'") }, words: ["its encoding is LATIN1", "createdb --encoding UTF8"]),
    Refusal(
      testDescription: "no TLS", uri: { "\($0.uri("postgres"))?sslmode=require" }, words: ["server does not support SSL", "sslmode"]),
    Refusal(
      testDescription: "no schema", uri: { "\($0.uri("postgres"))?options=-csearch_path%3Dabsent" },
      words: ["no schema of the search path exists", "CREATE SCHEMA"]),
    Refusal(
      testDescription: "tables of others",
      uri: { server in
        let uri = try await server.makeDatabase()
        try await server.execute("CREATE TABLE slice (a integer)", in: uri)
        return uri
      }, words: ["it has a table 'slice' that flowrun did not make", "search_path"]),
    Refusal(
      testDescription: "a newer version's tables",
      uri: { server in
        let uri = try await server.makeDatabase()
        try await PostgresFixture.store(uri).prepare()
        try await server.execute("UPDATE flowrun_setting SET value = '99' WHERE name = 'schema_version'", in: uri)
        return uri
      }, words: ["its schema is of version 99", "use the flowrun that made it"]),
    Refusal(
      testDescription: "a read-only session", uri: { "\($0.uri("postgres"))?options=-cdefault_transaction_read_only%3Don" },
      words: ["read-only", "target_session_attrs=read-write"]),
    Refusal(
      testDescription: "a role without rights",
      uri: { server in
        let uri = try await server.makeDatabase()
        try await server.execute("DO $$ BEGIN CREATE ROLE guest LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; REVOKE CREATE ON SCHEMA public FROM PUBLIC", in: uri)
        return uri.replacing("study@", with: "guest@")
      }, words: ["permission denied", "grant"]),
  ]

  @Test("what stands in the way of opening is said with a remedy, at once", arguments: refusals)
  func refused(_ refusal: Refusal) async throws {
    let uri = try await refusal.uri(try await PostgresServer.shared())
    let error = await #expect(throws: StopRun.self) { try await PostgresFixture.store(uri).prepare() }
    #expect(error?.reason == .unavailable)
    for words in refusal.words { #expect(error?.message.contains(words) == true, "\(error?.message ?? "")") }
  }

  @Test("a way in the clear to another host is refused before anything is sent, by a run and by a reader")
  func unencrypted() async throws {
    // A documentation address, which nobody answers.
    let store = PostgresFixture.store("postgresql://study@192.0.2.1/study?connect_timeout=2")
    await #expect(throws: Diagnostics.self) { try await store.prepare() }
    await #expect(throws: Diagnostics.self) { _ = try await store.reader() }
  }

  @Test("a server that is not there is waited for, for a bounded time")
  func absent() async throws {
    var limits = PostgresLimits()
    limits.awaySeconds = 1
    let store = PostgresFixture.store("postgresql://study@127.0.0.1:1/study", limits: limits)
    let error = await #expect(throws: StopRun.self) { try await store.prepare() }
    #expect(error?.message.contains("onnection refused") == true, "\(error?.message ?? "")")
    #expect(error?.message.contains("psql") == true)
  }

  @Test("one that takes connections and says nothing is waited for some minutes, also for a query that may take hours", .timeLimit(.minutes(5)), arguments: [false, true])
  func silent(isQuery: Bool) async throws {
    let server = try LoopbackServer { _ in [.hold] }, time = ManualTime()
    let store = PostgresFixture.store("postgresql://study@127.0.0.1:\(server.port)/study?sslmode=disable", time: time)
    let asking = Task {
      if isQuery { _ = try await store.query("SELECT 1", limits: QueryLimits()) } else { try await store.prepare() }
    }
    let clock = Task { while !Task.isCancelled { time.advanceToNextTimer(); await Task.yield() } }
    let result = await asking.result
    clock.cancel()
    let error = #expect(throws: StopRun.self) { try result.get() }
    #expect(error?.reason == .unavailable && error?.message.contains("did not answer within \(isQuery ? 150 : 75) s") == true, "\(String(describing: error))")
    #expect(time.monotonic < .seconds(600))
    try await server.stop()
  }

  @Test("several hosts may make the tables at once")
  func preparingTogether() async throws {
    let fixture = try await PostgresFixture()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<6 {
        group.addTask {
          let store = PostgresFixture.store(fixture.uri)
          try await store.prepare()
          try await store.prepare(tables: TableSchema.promised)
          try await store.close()
        }
      }
      try await group.waitForAll()
    }
    #expect(try await fixture.query("SELECT count(*) FROM flowrun_setting WHERE name = 'database_id'") == ["1"])
  }

  // MARK: Writing

  @Test("a value that a column cannot hold fails its slice alone, by name", arguments: [Int64.max, -3_000_000_000])
  func outOfRange(_ value: Int64) async throws {
    let fixture = try await PostgresFixture()
    let store = try await opened(fixture.uri)
    var bad = Self.batch(60)
    bad.columns[2].values = .integer([value] + [Int64](repeating: 60, count: 59))
    let results = try await store.write([
      SliceWrite(table: Self.samples, participant: "P0001", batch: bad, ledger: Self.slice("P0001", 0)),
      SliceWrite(table: Self.samples, participant: "P0002", batch: Self.batch(60), ledger: Self.slice("P0002", 0)),
    ])
    guard case .failure(let error) = results[0] else { return #expect(Bool(false), "the value does not fit") }
    #expect(error.failure.cause == .badData && error.failure.message.contains("column 'value'"), "\(error)")
    #expect(try results[1].get().inserted == 60)
    #expect(try await fixture.query("SELECT count(*) FROM fitbit_intraday_hr") == ["60"])
  }

  @Test("a NUL character in a text is bad data, not an error of the run")
  func nulCharacter() async throws {
    let fixture = try await PostgresFixture()
    let store = PostgresFixture.store(fixture.uri)
    try await store.prepare()
    try await store.prepare(tables: TableSchema.promised)
    let batch = RecordBatch(
      columns: [.init(name: "date", values: .text(["2026-01-05"])), .init(name: "zone", values: .text(["Pe\u{0}ak"]))], count: 1)
    let result = try await store.write([SliceWrite(table: TableSchema.promised[1], participant: "P0001", batch: batch, ledger: nil)]).first
    guard case .failure(let error)? = result else { return #expect(Bool(false), "PostgreSQL stores no NUL") }
    #expect(error.failure.cause == .badData && error.failure.message.contains("NUL"))
  }

  @Test("a full disk fails the write and the next one succeeds")
  func diskFull() async throws {
    let fixture = try await PostgresFixture()
    let store = try await opened(fixture.uri)
    // What the server says when it cannot extend a file.
    try await fixture.server.execute(
      """
      CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = '53100'; END $$;
      CREATE TRIGGER full_disk BEFORE INSERT ON slice FOR EACH ROW EXECUTE FUNCTION full_disk()
      """, in: fixture.uri)
    guard case .failure(let error)? = try await Self.write(store, "P0001", 0) else { return #expect(Bool(false), "the disk is full") }
    #expect(error.failure.cause == .disk, "\(error)")
    try await fixture.server.execute("DROP TRIGGER full_disk ON slice", in: fixture.uri)
    #expect(try await Self.write(store, "P0001", 0)?.get().inserted == 60)
  }

  @Test("transactions that lose against another are repeated", arguments: ["40001", "40P01", "55P03", "57014"])
  func repeated(_ state: String) async throws {
    let fixture = try await PostgresFixture()
    let store = try await opened(fixture.uri)
    try await fixture.server.execute(
      """
      CREATE SEQUENCE tries;
      CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF nextval('tries') <= 3 THEN RAISE EXCEPTION 'lost' USING ERRCODE = '\(state)'; END IF; RETURN NEW; END $$;
      CREATE TRIGGER lose BEFORE INSERT ON slice FOR EACH ROW EXECUTE FUNCTION lose()
      """, in: fixture.uri)
    #expect(try await Self.write(store, "P0001", 0)?.get().inserted == 60)
    #expect(try await fixture.query("SELECT count(*), max(\"rows\") FROM slice JOIN fitbit_intraday_hr USING (participant_id)") == ["60|60"])
  }

  @Test("connections that an administrator ends are made again, and nothing is lost or doubled")
  func terminated() async throws {
    let fixture = try await PostgresFixture()
    let store = try await opened(fixture.uri)
    for hour in 0..<6 {
      #expect(try await Self.write(store, "P0001", hour)?.get().inserted == 60)
      try await fixture.server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(fixture.uri.split(separator: "/").last ?? "")' AND pid <> pg_backend_pid()")
    }
    #expect(try await store.ledger(of: "P0001", dataTypes: nil).map(\.rows) == [Int](repeating: 60, count: 6))
  }

  @Test("rows that somebody's trigger drops are an error of their slice, whichever way they are written", arguments: [60, 3000])
  func dropped(_ count: Int) async throws {
    let fixture = try await PostgresFixture()
    let store = try await opened(fixture.uri)
    let write = SliceWrite(table: Self.samples, participant: "P0001", batch: Self.batch(count), ledger: nil)
    _ = try await store.write([SliceWrite(table: Self.samples, participant: "P0009", batch: Self.batch(1), ledger: nil)])
    try await fixture.server.execute(
      """
      CREATE FUNCTION drop_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.value = 70 THEN NULL ELSE NEW END; END $$;
      CREATE TRIGGER drop_row BEFORE INSERT ON fitbit_intraday_hr FOR EACH ROW EXECUTE FUNCTION drop_row()
      """, in: fixture.uri)
    guard case .failure(let error)? = try await store.write([write]).first else { return #expect(Bool(false), "rows were dropped") }
    #expect(error.failure.cause == .database && error.failure.message.contains("of \(count) rows"), "\(error)")
    #expect(try await fixture.query("SELECT count(*) FROM fitbit_intraday_hr") == ["1"], "nothing is left of the slice")
  }

  @Test("many tasks share few connections that break all the time: each gets its turn")
  func fewConnections() async throws {
    let fixture = try await PostgresFixture()
    var limits = PostgresLimits()
    limits.connections = 2
    let store = try await opened(fixture.uri, limits)
    let database = fixture.uri.split(separator: "/").last ?? ""
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        for _ in 0..<12 {
          try await fixture.server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(database)' AND pid <> pg_backend_pid()")
        }
      }
      for number in 0..<12 {
        group.addTask {
          let result = try await Self.write(store, "P\(number)", 0)?.get()
          #expect(result?.isStale == false)
          _ = try await store.ledger(of: "P\(number)", dataTypes: nil)
        }
      }
      try await group.waitForAll()
    }
    #expect(try await fixture.query("SELECT count(*) FROM fitbit_intraday_hr") == ["720"])
  }

  @Test("more connections than the server admits: the run waits for one")
  func tooManyConnections() async throws {
    let server = try await PostgresServer.start(settings: ["fsync=off", "max_connections=6", "superuser_reserved_connections=3"])
    let uri = try await server.makeDatabase()
    try await server.execute("CREATE ROLE plain LOGIN; GRANT CREATE ON SCHEMA public TO plain", in: uri)
    let plain = uri.replacing("study@", with: "plain@")
    let first = try await opened(plain)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<8 {
        group.addTask {
          let result = try await Self.write(first, "P\(number)", 0)?.get()
          #expect(result?.inserted == 60)
        }
      }
      try await group.waitForAll()
    }
    #expect(try await server.execute("SELECT count(*) FROM fitbit_intraday_hr", in: uri) == ["480"])
  }

  @Test("a server killed at any moment and started again: what was reported as written is there, once", arguments: PostgresTroubleTests.moments)
  func killed(_ seed: UInt64) async throws {
    let server = try await PostgresServer.start()
    let store = try await opened(try await server.makeDatabase())
    let random = SeededRandomSource(seed: seed)
    let hours = 40
    let written = Locked(0)
    let (counts, count) = AsyncStream.makeStream(of: Int.self)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for participant in ["P0001", "P0002", "P0003"] {
        group.addTask {
          do {
            for hour in 0..<hours {
              let result = try await Self.write(store, participant, hour)?.get()
              #expect(result?.isStale == false)
              count.yield(
                written.withLock { written in
                  written += 1
                  return written
                })
            }
          } catch {
            // Otherwise the server's task would wait for a number that never comes.
            count.finish()
            throw error
          }
        }
      }
      group.addTask {
        var moments = (0..<2).map { _ in Int(random.next() % UInt64(hours * 3)) }.sorted()
        for await written in counts where written >= moments[0] {
          try await server.kill()
          try await server.startAgain()
          moments.removeFirst()
          if moments.isEmpty { break }
        }
      }
      try await group.waitForAll()
    }
    for participant in ["P0001", "P0002", "P0003"] {
      #expect(try await store.ledger(of: participant, dataTypes: nil).map(\.rows) == [Int](repeating: 60, count: hours), "seed \(seed)")
    }
    try await store.close()
  }
}
