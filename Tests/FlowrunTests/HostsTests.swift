import FlowCore
import FlowSimulator
import FlowTesting
import Foundation
import Testing

/// Runs with state folders of their own, as on several hosts, on one batch in a PostgreSQL database.
@Suite("Several runs on one batch in PostgreSQL")
struct HostsTests {
  private func study(_ change: (inout SimulatorConfiguration) -> Void = { _ in }) async throws -> Study {
    let server = try await PostgresServer.shared()
    return try await Study(
      participants: 8, days: 1, store: .server(server, uri: try await server.makeDatabase())
    ) { configuration in
      configuration.faults = [Fault(.slow(milliseconds: 40), share: 1)]
      configuration.rotatesGoogleTokens = true
      change(&configuration)
    }
  }

  @Test("together they collect everything once, and each says what it left to the others", .timeLimit(.minutes(5)), arguments: [2, 4])
  func together(_ count: Int) async throws {
    let study = try await study()
    let runs = try await withThrowingTaskGroup(of: (BuiltBinary.Result, complete: Int, deferred: Int).self) { group in
      for number in 0..<count {
        group.addTask {
          let (result, report) = try await study.run(["--state", "state\(number)"])
          return (result, report.number("participants", "complete") ?? 0, report.number("participants", "deferred") ?? 0)
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    for (result, _, deferred) in runs {
      #expect([0, 75].contains(result.exit) && (result.exit == 75) == (deferred > 0), "\(result.exit) \(result.errors)")
    }
    #expect(runs.reduce(0) { $0 + $1.complete } >= 8, "everybody was collected by one of them")
    try await study.expectEverything("\(runs.map(\.0.errors))")
    let history = try await study.binary.run(["runs", "--state", "state0", "--format", "json"])
    #expect(try (JSONSerialization.jsonObject(with: Data(history.output.utf8)) as? [Any])?.count == count, "every host sees every run")
    await study.simulator.stop()
  }

  @Test("one that is killed leaves its participants to the next on its host, without a wait", .timeLimit(.minutes(5)))
  func killed() async throws {
    let study = try await study { $0.refreshGraceSeconds = 1_000_000 }
    let killed = try await study.flowrun(["run"], ["-q"], environment: ["FLOWRUN_INTERFERENCE": "kill before http.send * 20"])
    #expect(killed.exit == 9)
    let (result, _) = try await study.run()
    #expect(result.exit == 0, "\(result.errors)")
    try await study.expectEverything("")
    await study.simulator.stop()
  }

  @Test("one that was paused past its leases commits nothing more for participants that another host has, and defers them", .timeLimit(.minutes(5)))
  func paused() async throws {
    let study = try await study()
    guard case .server(let server, let uri) = study.store else { return }
    let result = try await study.flowrun(["run"], ["--format", "json"]) { running in
      // Somebody is being collected.
      try await waitUntil { try await server.execute("SELECT count(*) FROM pg_class WHERE relname = 'flowrun_lease'", in: uri) != ["0"] }
      try await waitUntil { try await server.execute("SELECT count(*) >= 3 FROM flowrun_lease", in: uri) != ["f"] }
      kill(running.identifier, SIGSTOP)
      // What another host does when a term is over.
      try await server.execute(
        "UPDATE flowrun_lease SET holder_id = 'other', holder = 'run other on elsewhere', host_id = 'other', fence = fence + 1, term_ends = now() + interval '1 hour' WHERE term_ends > now()",
        in: uri)
      kill(running.identifier, SIGCONT)
    }
    #expect(result.exit == 75, "\(result.exit) \(result.errors)")
    #expect(result.errors.contains("run other on elsewhere"), "\(result.errors)")
    #expect(try result.json().number("errors", "count") == 0)
    let deferred = try #require(try result.json().number("participants", "deferred"))
    #expect(deferred > 0)
    try await study.expectNothingWrong("paused")
    // The other host's term ends; the next run has everything.
    try await server.execute("UPDATE flowrun_lease SET term_ends = '-infinity'", in: uri)
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    try await study.expectEverything("")
    await study.simulator.stop()
  }

  @Test("a server that is killed in the middle and started again is waited for; nothing is lost or doubled", .timeLimit(.minutes(5)), arguments: Seeds.chosen(usual: 3))
  func serverKilled(_ seed: UInt64) async throws {
    let server = try await PostgresServer.start()
    let study = try await Study(participants: 6, days: 1, store: .server(server, uri: try await server.makeDatabase())) { configuration in
      configuration.seed = seed
      configuration.faults = [Fault(.slow(milliseconds: 30), share: 1)]
    }
    guard case .server(_, let uri) = study.store else { return }
    let random = SeededRandomSource(seed: seed)
    let result = try await study.flowrun(["run"], ["-q"]) { running in
      try await waitUntil { try await server.execute("SELECT count(*) FROM pg_class WHERE relname = 'fitbit_intraday_steps'", in: uri) != ["0"] }
      let moment = random.next() % 12
      try await waitUntil { try await server.execute("SELECT count(*) >= \(moment) FROM slice", in: uri) != ["f"] }
      try await server.kill()
      try await server.startAgain()
    }
    #expect([0, 75].contains(result.exit), "\(result.exit) \(result.errors)")
    try await study.expectNothingWrong("seed \(seed)")
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    try await study.expectEverything("seed \(seed)")
    await study.simulator.stop()
  }

  @Test("a participant of another batch in the same database is refused, and both batches are named", .timeLimit(.minutes(5)))
  func otherBatch() async throws {
    let study = try await study()
    #expect(try await study.run().result.exit == 0)
    let copy = study.binary.folder.path("other")
    try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: study.binary.folder.path("participants")) where name.hasSuffix(".json") && !name.hasPrefix(".") {
      try FileManager.default.copyItem(atPath: study.binary.folder.path("participants/\(name)"), toPath: copy + "/" + name)
    }
    let parameters = study.parameters.map { $0 == "participants=participants" ? "participants=other" : $0 }
    let result = try await study.binary.run(["run", BuiltBinary.flow("fitbit")] + parameters)
    #expect(result.exit == 65, "\(result.exit) \(result.errors)")
    #expect(result.errors.contains("is enrolled in batch") || result.output.contains("is enrolled in batch"), "\(result.errors)")
    try await study.expectNothingWrong("")
    await study.simulator.stop()
  }

  @Test("what ddl prints makes the tables for a role that may not; a run with that role then works", .timeLimit(.minutes(5)))
  func administrator() async throws {
    let study = try await study()
    guard case .server(let server, let uri) = study.store else { return }
    let printed = try await study.flowrun(["ddl"], ["--dialect", "postgresql"])
    #expect(printed.exit == 0, "\(printed.errors)")
    try await server.execute(
      "DO $$ BEGIN CREATE ROLE collector LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; CREATE SCHEMA study AUTHORIZATION collector; SET search_path = study; SET ROLE collector;\n\(printed.output.replacing("\"public\".", with: "\"study\"."))",
      in: uri)
    let parameters = study.parameters.map {
      $0.hasPrefix("database=") ? "database=\(uri.replacing("study@", with: "collector@"))?options=-csearch_path%3Dstudy" : $0
    }
    let result = try await study.binary.run(["run", BuiltBinary.flow("fitbit")] + parameters + ["-q"])
    #expect(result.exit == 0, "\(result.errors)")
    #expect(try await server.execute("SELECT count(*) > 1000 FROM study.raw_data", in: uri) == ["t"])
    await study.simulator.stop()
  }
}
