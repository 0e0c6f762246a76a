import FlowCore
@testable import FlowSQLite
import GRDB
import GRDBSQLite
import StudyModel
import Testing

@Suite("What a look at the ledger costs")
struct LedgerCostTests {
  private static let today: Int64 = 1_767_571_200
  private static let dayCount = 30

  /// A participant with a day's slice of two data types for each day up to today, the last two of them provisional; one day of the last month
  /// was deferred, one lacked a scope.
  private static func fixture(days: Int) async throws -> SQLiteFixture {
    let fixture = try await SQLiteFixture()
    try fixture.execute("INSERT INTO participant (name) VALUES ('P0001'), ('P0002')")
    for (participant, dataType) in [(1, "heart"), (1, "steps"), (2, "heart")] {
      try fixture.execute(
        """
        WITH RECURSIVE day(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM day WHERE n < \(days) - 1)
        INSERT INTO slice (participant_id, data_type, start_instant, end_instant, state, rows, run, vanished, latest_sync, lacking)
        SELECT \(participant), '\(dataType)', \(today) - (n + 1) * 86400, \(today) - n * 86400,
          CASE WHEN n < 2 THEN 'provisional' WHEN n = 9 THEN 'deferred' ELSE 'written' END, 1440, 'run-1', 0,
          \(today) - n * 86400, CASE n WHEN 20 THEN 'sleep' END
        FROM day ORDER BY n DESC
        """)
    }
    return fixture
  }

  enum Look: String, CaseIterable {
    case outline, backfill, progress, later, answers

    func take(_ ledger: SliceLedger, days: Int) throws {
      let month = today - Int64(dayCount) * 86_400..<today
      let types = ["heart", "steps"]
      switch self {
      case .outline: _ = try ledger.outline(of: "P0001", 1, dataTypes: types, settledBy: today, each: nil)
      case .backfill: _ = try ledger.outline(of: "P0001", 1, dataTypes: types, settledBy: today, each: month)
      case .progress: _ = try ledger.progress(of: "P0001", 1, from: today - Int64(days) * 86_400)
      case .later: _ = try ledger.rows(of: "P0001", 1, dataTypes: types, endingAfter: month.lowerBound)
      case .answers:
        _ = try ledger.overlapping(
          SliceKey(participant: "P0001", dataType: "heart", start: month.lowerBound, end: month.upperBound), participantID: 1)
      }
    }
  }

  /// Steps of SQLite's machine, of which each row that it touches takes several.
  private static func steps(_ look: Look, days: Int) async throws -> Int {
    let fixture = try await fixture(days: days)
    // Its folder goes with it.
    defer { withExtendedLifetime(fixture) {} }
    return try await fixture.store.onReader { session in
      let count = UnsafeMutablePointer<Int>.allocate(capacity: 1)
      count.initialize(to: 0)
      defer { count.deallocate() }
      let countStep: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { counter in
        counter?.assumingMemoryBound(to: Int.self).pointee += 1
        return 0
      }
      sqlite3_progress_handler(session.database.sqliteConnection, 1, countStep, count)
      defer { sqlite3_progress_handler(session.database.sqliteConnection, 0, nil, nil) }
      try look.take(SliceLedger(session: session), days: days)
      return count.pointee
    }
  }

  @Test("ten years behind the last thirty days cost nothing", arguments: Look.allCases)
  func years(look: Look) async throws {
    let month = try await Self.steps(look, days: Self.dayCount), years = try await Self.steps(look, days: 3650)
    #expect(month > 10)
    // A gap before the first month is one row more or less.
    #expect(abs(years - month) < 40, "\(month) and \(years) steps")
  }
}

@Suite("What is settled, kept beside the ledger")
struct SettledTableTests {
  private static let spans = """
    SELECT participant_id || data_type || start_instant || '-' || end_instant FROM flowrun_settled ORDER BY participant_id, data_type, start_instant
    """

  private static func insert(_ from: Int, _ until: Int, _ state: String = "written", verb: String = "INSERT") -> String {
    """
    \(verb) INTO slice (participant_id, data_type, start_instant, end_instant, state, rows, run, vanished)
    VALUES (1, 'a', \(from), \(until), '\(state)', 0, 'run-1', 0)
    """
  }

  @Test(
    "whoever changes the ledger, by whatever statement, changes it too",
    arguments: [
      ([], ["1a10-40", "1a50-60"]), ([insert(40, 50)], ["1a10-60"]), ([insert(40, 45)], ["1a10-45", "1a50-60"]), ([insert(45, 50)], ["1a10-40", "1a45-60"]),
      ([insert(40, 50, "deferred")], ["1a10-40", "1a50-60"]), (["DELETE FROM slice WHERE start_instant = 20"], ["1a10-20", "1a30-40", "1a50-60"]),
      (["UPDATE slice SET state = 'provisional' WHERE start_instant IN (10, 50)"], ["1a20-40"]),
      (["UPDATE slice SET lacking = 'sleep' WHERE start_instant = 30"], ["1a10-30", "1a50-60"]),
      ([insert(20, 30, "failed", verb: "INSERT OR REPLACE")], ["1a10-20", "1a30-40", "1a50-60"]),
      (["UPDATE slice SET end_instant = 25 WHERE start_instant = 20"], ["1a10-25", "1a30-40", "1a50-60"]), (["DELETE FROM slice"], []),
    ] as [([String], [String])])
  func kept(changes: [String], expected: [String]) async throws {
    let fixture = try await SQLiteFixture()
    try fixture.execute("INSERT INTO participant (name) VALUES ('P0001')")
    for (from, until) in [(10, 20), (20, 30), (30, 40), (50, 60)] { try fixture.execute(Self.insert(from, until)) }
    for change in changes { try fixture.execute(change) }
    #expect(try fixture.query(Self.spans) == expected)
  }

  @Test(
    "where it is missing, or not as this version makes it, it is made from the ledger",
    arguments: [("DROP TABLE flowrun_settled", true), ("DROP TRIGGER flowrun_settled_delete", true), ("DROP INDEX flowrun_unsettled", false), ("SELECT 1", false)])
  func remade(change: String, isRemade: Bool) async throws {
    let fixture = try await SQLiteFixture()
    try fixture.execute("INSERT INTO participant (name) VALUES ('P0001')")
    for (from, until) in [(10, 20), (20, 30), (50, 60)] { try fixture.execute(Self.insert(from, until)) }
    try await fixture.store.close()
    try fixture.execute("INSERT INTO flowrun_settled VALUES (2, 'z', 1, 2)")
    let before = try fixture.query("SELECT type || name || sql FROM sqlite_master ORDER BY 1")
    try fixture.execute(change)
    let again = SQLiteFixture.store(fixture.environment)
    try await again.prepare()
    #expect(try fixture.query(Self.spans) == ["1a10-30", "1a50-60"] + (isRemade ? [] : ["2z1-2"]))
    #expect(try fixture.query("SELECT type || name || sql FROM sqlite_master ORDER BY 1") == before)
    try await again.close()
  }
}
