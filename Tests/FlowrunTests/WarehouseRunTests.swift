import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// The warehouse flows with the built program, loading into PostgreSQL: kills, loading again, backfill and coverage.
@Suite("The warehouse flows on the simulated providers")
struct WarehouseRunTests {
  private static let flows = ["fitbit-warehouse", "google-health-warehouse"]
  /// Tables with the columns that are compared.
  private static let columns = [
    "fitbit_15min_hr": ["instant", "utc_offset", "value"], "fitbit_15min_steps": ["instant", "utc_offset", "value"],
    "fitbit_15min_distance": ["instant", "utc_offset", "value"], "fitbit_hr_summary": ["date", "zone", "min", "max", "minutes"],
    "fitbit_sleep_log": ["log_id", "date", "instant", "minutes_asleep"], "fitbit_sleep_stage": ["log_id", "instant", "stage"],
  ]

  /// A study with a warehouse beside it.
  private struct Bench {
    let study: Study
    let server: PostgresServer
    let uri: String

    init(_ flow: String, participants: Int = 3, days: Int = 2, _ change: (inout SimulatorConfiguration) -> Void = { _ in }) async throws {
      study = try await Study(participants: participants, days: days, flow: flow, change)
      server = try await PostgresServer.shared()
      uri = try await server.makeDatabase()
    }

    var parameters: [String] { ["-p", "warehouse=\(uri)", "-p", "objects=objects"] }

    func run(_ flow: String? = nil, _ more: [String] = [], environment: [String: String] = [:]) async throws -> BuiltBinary.Result {
      try await study.flowrun(["run"], flow: flow, parameters + more + ["-q"], environment: environment)
    }

    /// The rows of the database, and those of the warehouse, by table.
    func rows() async throws -> (collected: [String: [String]], loaded: [String: [String]]) {
      let collected = try study.collected()
      var (own, loaded): ([String: [String]], [String: [String]]) = ([:], [:])
      for (table, columns) in WarehouseRunTests.columns {
        let text = columns.map { "CASE typeof(\($0)) WHEN 'real' THEN printf('%.6f', \($0)) ELSE coalesce(\($0), '-') END" }.joined(separator: " || ' ' || ")
        own[table] = try collected.strings("SELECT name || ' ' || \(text) FROM \(table) JOIN participant USING (participant_id)").sorted()
        let values = columns.map { column in
          column == "instant" ? "extract(epoch FROM instant)::bigint::text"
            : table == "fitbit_15min_distance" && column == "value" ? "to_char(value, 'FM999999990.000000')" : "coalesce(\(column)::text, '-')"
        }
        loaded[table] = try await server.execute("SELECT participant || ' ' || \(values.joined(separator: " || ' ' || ")) FROM \(table)", in: uri).sorted()
      }
      return (own, loaded)
    }

    func expectEqual(_ comment: Comment? = nil) async throws {
      let (collected, loaded) = try await rows()
      for table in WarehouseRunTests.columns.keys.sorted() {
        #expect(collected[table] == loaded[table], comment)
        #expect(collected[table]?.isEmpty == false, "\(table) has rows")
      }
    }
  }

  private static func quick(_ text: String) -> String { ReplayTests.quick(text) }

  /// The rows that the simulator would deliver now.
  private static func expectTruth(_ study: Study, _ comment: Comment? = nil) throws {
    let collected = try study.collected()
    for table in ["fitbit_15min_hr", "fitbit_15min_steps"] {
      var expected: [String] = []
      for participant in study.truth.population.participants {
        study.truth.forEachQuarterRow(of: participant) { row in
          if row.table == table { expected.append(([participant.name] + row.columns.map { "\($0.value)" }).joined(separator: " ")) }
        }
      }
      let rows = try collected.strings("SELECT name || ' ' || instant || ' ' || utc_offset || ' ' || value FROM \(table) JOIN participant USING (participant_id)")
      #expect(rows.sorted() == expected.sorted(), comment)
    }
    try collected.expectContiguousLedger()
  }

  @Test("a first run loads what it collects, a second one nothing; the same days again leave each once", .timeLimit(.minutes(5)), arguments: flows)
  func loadedTwice(_ flow: String) async throws {
    let bench = try await Bench(flow)
    let first = try await bench.run()
    #expect(first.exit == 0, "\(first.errors)")
    try Self.expectTruth(bench.study)
    try await bench.expectEqual()
    let loaded = try await bench.rows().loaded
    #expect(try await bench.run().exit == 0)
    let again = try await bench.study.flowrun(["recollect"], bench.parameters)
    #expect(again.exit == 0, "\(again.errors)")
    #expect(try await bench.run().exit == 0)
    #expect(try await bench.rows().loaded == loaded)
    await bench.study.simulator.stop()
  }

  @Test("a backfill asks and loads what it names, and leaves previous_sync as it is", .timeLimit(.minutes(5)), arguments: flows)
  func backfill(_ flow: String) async throws {
    let bench = try await Bench(flow, days: 3)
    #expect(try await bench.run().exit == 0)
    let day = try #require(try bench.study.collected().strings("SELECT min(date) FROM fitbit_hr_summary").first)
    func cursors() throws -> [String] {
      try bench.study.truth.population.participants.map { participant in
        let text = try String(contentsOfFile: bench.study.binary.folder.path("participants/\(participant.name).json"), encoding: .utf8)
        return text.split(separator: ",").first { $0.contains("previous_sync") }.map(String.init) ?? ""
      }
    }
    let before = try cursors(), loaded = try await bench.rows().loaded
    try await bench.server.execute("DELETE FROM fitbit_15min_steps", in: bench.uri)
    let end = try #require(CivilDate(text: day)).advanced(byDays: 3).text
    let result = try await bench.run(nil, ["-p", "from=\(day)", "-p", "until=\(end)"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(try cursors() == before)
    let now = try await bench.rows().loaded
    #expect(now["fitbit_15min_steps"]?.isEmpty == false && Set(now["fitbit_15min_steps"] ?? []).isSubset(of: Set(loaded["fitbit_15min_steps"] ?? [])))
    await bench.study.simulator.stop()
  }

  @Test("killed at moments chosen by a seed, the next run has every row, and the warehouse too", .timeLimit(.minutes(30)), arguments: flows, Seeds.chosen(usual: 2))
  func killed(_ flow: String, _ seed: UInt64) async throws {
    let bench = try await Bench(flow) { configuration in
      configuration.seed = seed
      configuration.rotatesGoogleTokens = true
      configuration.refreshGraceSeconds = 1_000_000_000
    }
    let quick = try bench.study.editedFlow(as: "flow.yaml", Self.quick)
    let dice = SeededRandomSource(seed: seed)
    let rules = [
      "kill before sql.statement * \(1 + dice.next() % 300)", "kill before sql.committed * \(1 + dice.next() % 60)", "kill before sql.commit * \(1 + dice.next() % 60)",
      "kill after http.send * \(1 + dice.next() % 30)", "kill before file.rename .parquet \(1 + dice.next() % 20)", "kill after file.rename .parquet \(1 + dice.next() % 20)",
    ]
    var kills = 0
    for rule in rules {
      let result = try await bench.run(quick, environment: ["FLOWRUN_INTERFERENCE": rule])
      #expect([0, 9].contains(result.exit), "\(rule): exit \(result.exit)\n\(result.errors)")
      kills += result.exit == 9 ? 1 : 0
      try bench.study.simulator.advance(by: .seconds(7 * 3600))
    }
    #expect(kills > 0)
    let last = try await bench.run(quick)
    #expect(last.exit == 0, "\(last.errors)")
    try Self.expectTruth(bench.study, "seed \(seed), killed \(kills) times by \(rules)")
    try await bench.expectEqual("seed \(seed), killed \(kills) times by \(rules)")
    await bench.study.simulator.stop()
  }

  @Test("a warehouse of another kind, one with a password, and one without a role are refused before anything starts", arguments: [
    ("mysql://host/db", "neither PostgreSQL nor Redshift"), ("postgresql://study:secret@host/db", "password"), ("redshift://study@host/db", "no role"),
  ])
  func refused(_ warehouse: String, _ words: String) async throws {
    let binary = try BuiltBinary()
    let result = try await binary.run(["validate", BuiltBinary.flow("fitbit-warehouse"), "-p", "warehouse=\(warehouse)"])
    #expect(result.exit == 78 && (result.errors + result.output).contains(words), "\(result.errors)\(result.output)")
    #expect(!(result.errors + result.output).contains("secret"))
  }

  @Test("coverage names every data type of the flow and finds nothing missing", .timeLimit(.minutes(5)), arguments: flows)
  func coverage(_ flow: String) async throws {
    let bench = try await Bench(flow)
    #expect(try await bench.run().exit == 0)
    let coverage = try await bench.study.flowrun(["coverage"], bench.parameters + ["--format", "json"])
    #expect(coverage.exit == 0, "\(coverage.errors)")
    for dataType in ["heart-rate-15min", "steps-15min", "distance-15min", "heart-rate-zones", "sleep-log", "sleep-stages"] {
      #expect(coverage.output.contains("\"\(dataType)\""), "\(dataType)")
    }
    await bench.study.simulator.stop()
  }
}
