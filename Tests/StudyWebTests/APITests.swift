import FlowCore
import FlowErrors
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import StudyWeb
import Testing

@Suite("The REST API answers with what the commands print")
struct APITests {
  @Test("coverage, runs and errors are the JSON of the commands")
  func sameJSON() async throws {
    let batch = try await CollectedBatch.shared.value
    // Coverage ends with the moment at which it is made.
    let time = ManualTime(now: DispatchTimeSource().now)
    var machine = Machine.here()
    machine.time = time
    try await ServerUnderTest.run(time: time) { [machine] server async throws in
      func survey(_ selection: ParticipantSelection = .all, _ view: CoverageView = CoverageView()) async throws -> CoverageReport {
        try await CoverageSurvey(
          graph: batch.served.graph, errors: batch.served.errors, selection: selection, view: view, hint: CommandHint(), on: machine
        ).report()
      }
      let coverage = try await server.ask("/api/v1/coverage")
      #expect(coverage.text == (try JSONOutput.text(try await survey())) + "\n")
      let some = try await server.ask("/api/v1/coverage?participant=P0001&participant=P0002&days=1&summary=true")
      #expect(some.text == (try JSONOutput.text(try await survey(ParticipantSelection(patterns: ["P0001", "P0002"]), CoverageView(days: 1)).summary)) + "\n")
      let problems = try await server.ask("/api/v1/coverage?problems=true&flow=fitbit")
      #expect(problems.text == (try JSONOutput.text(try await survey().problems)) + "\n")

      let run = try await server.ask("/api/v1/runs/\(batch.report.run)")
      #expect(run.text == (try JSONOutput.text(batch.report)) + "\n")
      #expect(try await server.ask("/api/v1/runs/\(batch.report.run.prefix(12))").text == run.text, "a unique beginning is enough")
      let records = RunRecords(folder: batch.served.state, on: .here())
      #expect(try await server.ask("/api/v1/runs").text == (try JSONOutput.text(try await records.runs(limit: 50))) + "\n")

      let errors = try await ErrorRecords(folder: batch.served.errors, on: .here()).list().entries
      try #require(!errors.isEmpty)
      #expect(try await server.ask("/api/v1/errors").text == (try JSONOutput.text(errors.map(\.document))) + "\n")
      #expect(try await server.ask("/api/v1/errors?by=cause").text == (try JSONOutput.text(EntrySummary.all(errors, by: .cause))) + "\n")
    }
  }

  @Test("participants come with their state, one of them with the metrics that there are")
  func participants() async throws {
    let batch = try await CollectedBatch.shared.value
    try await ServerUnderTest.run { server async throws in
      let list = try await server.ask("/api/v1/participants").list
      #expect(list.compactMap { $0["participant"] as? String } == (1...6).map { "P000\($0)" })
      #expect(list.allSatisfy { $0["state"] as? String == "active" && $0["token"] as? String == "live" && $0["enrolled"] is String })
      let one = try await server.ask("/api/v1/participants/P0001").object
      let metrics = try #require(one["metrics"] as? [[String: Any]])
      #expect(metrics.compactMap { $0["metric"] as? String }.prefix(2) == ["heart_rate", "steps"])
      let steps = try #require(metrics.first { $0["metric"] as? String == "fitbit_daily_activity.steps" })
      #expect(steps["unit"] as? String == "Steps of the day" && steps["resolutions"] as? [String] == ["1d"])
      #expect((steps["first"] as? String)?.count == 10)
      #expect(try await server.ask("/api/v1/participants/P%30001").object["participant"] as? String == "P0001")
      let unknown = try await server.ask("/api/v1/participants/P001")
      #expect(unknown.status == 404 && unknown.detail.contains("P0001"))
      #expect(batch.report.participants.total == 6)
    }
  }

  @Test("pages of a list hold each element once, in order")
  func pages() async throws {
    try await ServerUnderTest.run { server async throws in
      var names: [String] = []
      var target: String? = "/api/v1/participants?limit=4&flow=fitbit"
      var count = 0
      while let asked = target {
        let answer = try await server.ask(asked)
        #expect(answer.status == 200)
        names += answer.list.compactMap { $0["participant"] as? String }
        count += 1
        target = answer.headers["link"].map { link in
          #expect(link.hasSuffix(">; rel=\"next\""))
          return String(link.dropFirst().prefix { $0 != ">" })
        }
      }
      #expect(names == (1...6).map { "P000\($0)" } && count == 2)
      let gone = try await server.ask("/api/v1/participants?cursor=P0099")
      #expect(gone.status == 400 && gone.detail.contains("begin again"))
    }
  }

  @Test("what has not changed is not sent again")
  func tags() async throws {
    try await ServerUnderTest.run { server async throws in
      for target in ["/api/v1/participants", "/api/v1/flows", "/api/v1/openapi.json", "/api/v1/participants/P0001/series?metric=heart_rate&format=csv"] {
        let answer = try await server.ask(target)
        let tag = try #require(answer.headers["etag"])
        for known in [tag, "\"other\", \(tag)", "W/\(tag)", "*"] {
          let again = try await server.ask(target, headers: ["If-None-Match": known])
          #expect(again.status == 304 && again.body.isEmpty && again.headers["etag"] == tag, "\(target) \(known)")
        }
        #expect(try await server.ask(target, headers: ["If-None-Match": "\"other\""]).status == 200)
      }
    }
  }

  @Test("flows and their graphs")
  func flows() async throws {
    let batch = try await CollectedBatch.shared.value
    try await ServerUnderTest.run { server async throws in
      let flows = try await server.ask("/api/v1/flows").list
      #expect(flows.count == 1 && flows[0]["flow"] as? String == "fitbit" && flows[0]["sha256"] as? String == batch.served.graph.sha256)
      let graph = try await server.ask("/api/v1/flows/fitbit/graph").object
      let names = try #require(graph["nodes"] as? [[String: Any]]).compactMap { $0["name"] as? String }
      #expect(names == batch.served.graph.processors.map(\.name))
      let edges = try #require(graph["edges"] as? [[String: Any]])
      let known = Set(batch.served.graph.processors.flatMap { node in
        node.outputs.flatMap(\.destinations).compactMap { destination -> String? in
          if case .processor(let index, _) = destination { "\(node.name) > \(batch.served.graph.processors[index].name)" } else { nil }
        }
      })
      #expect(Set(edges.map { "\($0["from"] ?? "") > \($0["to"] ?? "")" }) == known && edges.count == known.count)
      let unknown = try await server.ask("/api/v1/flows/fitbitt/graph")
      #expect(unknown.status == 404 && unknown.detail.contains("fitbit"))
    }
  }

  @Test("a request that is not right says what is wrong with it", arguments: [
    ("participants?limit=0", "limit is '0'"), ("participants?limit=x", "whole number"), ("participants?limt=1", "did you mean 'limit'"),
    ("participants?limit=1&limit=2", "given twice"), ("coverage?from=yesterday", "expected a date"), ("coverage?days=0", "1 to 36600"),
    ("coverage?from=2026-01-05&until=2026-01-05", "not after"), ("coverage?from=2026-01-05&days=2", "only one"), ("coverage?summary=yes", "true or false"),
    ("errors?since=soon", "since is 'soon'"), ("errors?by=colour", "cause, participant, processor"), ("participants/P0001/series", "'metric' is missing"),
    ("participants/P0001/series?metric=steps&resolution=2m", "1m, 5m, 1h, 1d"), ("participants/P0001/series?metric=steps&format=xml", "json or csv"),
    ("participants/P0001/series?metric=steps&from=x", "RFC 3339"),
  ])
  func wrong(target: String, says: String) async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await server.ask("/api/v1/\(target)")
      #expect(answer.status == 400 && answer.detail.contains(says), "\(answer.text)")
    }
  }

  @Test("a missing thing is not found, and the nearest is named", arguments: [
    ("participants?flow=fitbut", "did you mean 'fitbit'"), ("runs?flow=nope", "available: fitbit"), ("errors?flow=nope", "available: fitbit"),
    ("errors?flow=fitbut&by=cause", "did you mean 'fitbit'"), ("participants/P0001/series?metric=step", "did you mean 'steps'"),
    ("participants/nobody/series?metric=steps", "no participant"), ("coverage?participant=P9*", "participant 'P9*'"),
    ("runs/none", "GET /api/v1/runs lists them"), ("errors?run=none", "run 'none'"), ("errors?participant=P9*", "participant 'P9*'"),
    ("nothing", "nothing at"), ("runs/none/events", "no run 'none'"),
  ])
  func missing(target: String, says: String) async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await server.ask("/api/v1/\(target)")
      #expect(answer.status == 404 && answer.detail.contains(says), "\(answer.text)")
      // Nobody has typed an option, or can type a command here.
      #expect(!answer.detail.contains("--") && !answer.detail.contains("flowrun "), "\(answer.text)")
    }
  }

  @Test("runs and errors are those of all flows, or with a flow its own")
  func ofFlow() async throws {
    let served = try await CollectedBatch.shared.value.served
    var other = served
    other.graph.name = "other"
    try await ServerUnderTest.run(serves: [served, other]) { server async throws in
      for list in ["runs", "errors"] {
        let all = try await server.ask("/api/v1/\(list)"), own = try await server.ask("/api/v1/\(list)?flow=fitbit")
        #expect(all.status == 200 && !all.list.isEmpty && own.text == all.text, "\(own.text)")
        #expect(try await server.ask("/api/v1/\(list)?flow=other").list.isEmpty)
      }
      #expect(try await server.ask("/api/v1/errors?by=cause&flow=other").list.isEmpty)
      #expect(try await server.ask("/api/v1/errors?flow=nope").detail.contains("available: fitbit, other"))
    }
  }
}

@Suite("Runs and replays from outside")
struct OrderTests {
  private func post(_ server: ServerUnderTest, _ path: String, _ body: String, json: Bool = true) async throws -> TestAnswer {
    try await server.ask("/api/v1/\(path)", method: "POST", body: body, token: ServerUnderTest.token, json: json)
  }

  @Test("a run is ordered as JSON or as a form, and its address is answered")
  func run() async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await post(server, "runs", "{\"flow\": \"fitbit\", \"parameters\": {\"from\": \"2026-01-05\"}, \"only\": [\"P00*\"]}")
      #expect(answer.status == 201 && answer.headers["location"] == "/api/v1/runs/run-of-the-double" && answer.object["run"] as? String == "run-of-the-double")
      #expect(try await post(server, "runs", "flow=&only=P0001+P0002&parameters.until=2026-01-06&parameters.from=", json: false).status == 201)
      var first = RunOrder(flow: "fitbit"), second = first
      first.parameters = ["from": "2026-01-05"]
      first.only = ["P00*"]
      second.parameters = ["until": "2026-01-06"]
      second.only = ["P0001", "P0002"]
      // One pattern need not be a list; a number is meant as its text.
      #expect(try await post(server, "runs", "{\"only\": \"P0001\", \"parameters\": {\"from\": 2026}}").status == 201)
      var third = RunOrder(flow: "fitbit")
      third.parameters = ["from": "2026"]
      third.only = ["P0001"]
      #expect(server.desk.orders == [first, second, third])
    }
  }

  @Test("a body that is not right is refused", arguments: [
    ("", 400), ("[]", 400), ("{", 400), ("null", 400), ("{\"flow\": 1}", 400), ("{\"flows\": \"fitbit\"}", 400), ("{\"only\": {\"a\": 1}}", 400), ("{\"only\": [\"\"]}", 400),
    ("{\"parameters\": {\"from\": [5]}}", 400), ("{\"flow\": \"other\"}", 404),
  ])
  func bodies(body: String, status: Int) async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await post(server, "runs", body)
      #expect(answer.status == status, "\(answer.text)")
      #expect(server.desk.orders.isEmpty)
    }
  }

  @Test("another media type is refused")
  func mediaType() async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await server.ask("/api/v1/runs", method: "POST", headers: ["Content-Type": "text/plain"], body: "{}", token: ServerUnderTest.token)
      #expect(answer.status == 415)
    }
  }

  @Test("a refusal is a problem with its status", arguments: [
    (RunRefusal.Reason.unknown, 404), (.invalid, 400), (.underWay, 409), (.stopping, 503),
  ])
  func refusals(reason: RunRefusal.Reason, status: Int) async throws {
    try await ServerUnderTest.run { server async throws in
      server.desk.refuse(RunRefusal(reason, "because"))
      for path in ["runs", "errors/replay"] {
        let answer = try await post(server, path, "{}")
        #expect(answer.status == status && answer.detail == "because")
      }
    }
  }

  @Test("a dry replay answers, a real one leads to its run")
  func replay() async throws {
    try await ServerUnderTest.run { server async throws in
      let dry = try await post(server, "errors/replay", "{\"dry_run\": true, \"cause\": \"scope\", \"participant\": \"P0001\"}")
      #expect(dry.status == 200 && dry.headers["location"] == nil && dry.object["entries"] as? Int == 3)
      let real = try await post(server, "errors/replay", "processor=extract+heart&from=ask&allow_flow_change=on&dry_run=", json: false)
      #expect(real.status == 202 && real.headers["location"] == "/api/v1/runs/replay-of-the-double")
      var first = ReplayOrder(flow: "fitbit", isDryRun: true), second = ReplayOrder(flow: "fitbit")
      first.cause = "scope"
      first.participant = "P0001"
      second.processor = "extract heart"
      second.from = "ask"
      second.allowsFlowChange = true
      #expect(server.desk.state.withLock { $0.replays } == [first, second])
    }
  }

  @Test("a run of this server is stopped, another one is not there")
  func stop() async throws {
    try await ServerUnderTest.run { server async throws in
      server.desk.show("here", [.example(run: "here")])
      #expect(try await post(server, "runs/here/stop", "").status == 202)
      let there = try await post(server, "runs/there/stop", "")
      #expect(there.status == 404 && there.detail.contains("GET /api/v1/runs") && !there.detail.contains("Ctrl"))
      #expect(server.desk.state.withLock { $0.stopped } == ["here"])
    }
  }

  @Test("the stream of a run ends with the run, and of a run that has ended there is the last event")
  func events() async throws {
    let batch = try await CollectedBatch.shared.value
    try await ServerUnderTest.run { server async throws in
      let updates = [LiveUpdate.example(run: "r"), .example(run: "r", done: 3), .example(run: "r", done: 6, ended: "complete")]
      server.desk.show("r", updates)
      func events(_ run: String) async throws -> [LiveUpdate] {
        let answer = try await server.ask("/api/v1/runs/\(run)/events")
        #expect(answer.status == 200 && answer.headers["content-type"] == "text/event-stream" && answer.headers["cache-control"] == "no-store")
        return try answer.text.components(separatedBy: "\n\n").filter { !$0.isEmpty }.map { event in
          #expect(event.hasPrefix("data: {") && !event.contains("\n"))
          return try JSONDecoder().decode(LiveUpdate.self, from: Data(event.dropFirst(6).utf8))
        }
      }
      #expect(try await events("r") == updates)
      let last = try await events(batch.report.run)
      #expect(last.count == 1 && last[0].ended == batch.report.status.rawValue && last[0].exit == batch.report.exit)
      #expect(last[0].processors.map(\.received) == batch.report.processors.map { Int64($0.received) })
      #expect(last[0].participants.total == 6)
    }
  }

  @Test("a quiet stream shows every ten seconds that it lives")
  func heartbeat() async throws {
    let time = ManualTime()
    try await ServerUnderTest.run(time: time) { server async throws in
      server.desk.show("quiet", [.example(run: "quiet")])
      let client = try RawClient(port: server.port)
      try await client.send("GET /api/v1/runs/quiet/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
      _ = try await client.receive { $0.contains("data:") }
      for _ in 0..<3 {
        try await waitUntil { time.timerCount > 0 }
        time.advance(by: .seconds(10))
        _ = try await client.receive { $0.contains(":\n\n") }
      }
    }
  }
}
