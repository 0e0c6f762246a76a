import FlowCore
import FlowFileSystem
import FlowRuntime
import FlowTesting
import StudyModel
import StudyWeb
import Testing

@Suite("The runs of a server", .timeLimit(.minutes(5)))
struct ServerRunDeskTests {
  @Test("are started, watched and stopped")
  func startAndStop() async throws {
    let bench = try DeskBench()
    let run = try await bench.desk.start(RunOrder(flow: "waiting"))
    #expect(await bench.desk.active().map(\.run) == [run])
    let updates = try #require(await bench.desk.updates(of: run))
    var last: LiveUpdate?
    for await update in updates {
      // Once all wait for a retry, only a stop ends the run.
      if update.ended == nil, update.processors.contains(where: { $0.penalised == 3 }) { #expect(await bench.desk.stop(run: run)) }
      last = update
    }
    #expect(last?.ended == "partial" && last?.flowfiles.deferred == 3 && last?.stopping == "from the web")
    #expect(!bench.desk.isStopping)
    await bench.desk.drain()
    #expect(bench.desk.isStopping)
    #expect(await bench.desk.active() == [])
    #expect(await bench.desk.updates(of: run) == nil)
    #expect(await !bench.desk.stop(run: run))
  }

  @Test("are one at a time for a flow and batch")
  func oneAtATime() async throws {
    let bench = try DeskBench()
    let run = try await bench.desk.start(RunOrder(flow: "waiting"))
    let refusal = await bench.refusal { _ = try await bench.desk.start(RunOrder(flow: "waiting", origin: .schedule)) }
    #expect(refusal?.reason == .underWay && refusal?.message.contains(run) == true)
    await bench.desk.drain()
  }

  @Test("are refused while another process runs the same flow, whose run is watched as well")
  func otherProcess() async throws {
    let bench = try DeskBench()
    let other = try bench.foreignRun()
    other.start()
    #expect(await other.hasBegun)
    #expect(await bench.desk.active().map(\.run) == [other.id])
    let refusal = await bench.refusal { _ = try await bench.desk.start(RunOrder(flow: "waiting")) }
    #expect(refusal?.reason == .underWay && refusal?.message.contains(other.id) == true)
    #expect(await !bench.desk.stop(run: other.id), "a run of another process is not this server's to stop")
    let end = Task { await bench.end(of: other.id) }
    other.stop()
    _ = try await other.result
    // Read before or after its end, it is over.
    #expect(await end.value?.ended ?? "partial" == "partial")
    let none = await bench.refusal { _ = try await bench.desk.start(RunOrder(flow: "waiting")) }
    #expect(none == nil)
    await bench.desk.drain()
  }

  @Test(
    "take no parameter that says where data come from or go to, or that is secret",
    arguments: [
      (["folder": "/elsewhere"], "parameter 'folder' is set when the server is started and cannot be given here; expected only from"),
      (["key": "k"], "parameter 'key' is set when the server is started and cannot be given here; expected only from"),
      (["form": "2026-01-05"], "parameter 'form' is no parameter of flow 'waiting'; expected only from; did you mean 'from'?"),
      (["from": "../../elsewhere"], "parameter 'from' has a value that cannot be given here; expected a date such as 2026-01-05, or one of its choices"),
      (["from": "${hostname()}"], "parameter 'from' has a value that cannot be given here; expected a date such as 2026-01-05, or one of its choices"),
      (
        ["folder": "x", "until": "2026-01-05"],
        "parameter 'folder' is set when the server is started and cannot be given here; expected only from\nparameter 'until' is no parameter of flow 'waiting'; expected only from"
      ),
    ])
  func harmless(parameters: [String: String], message: String) async throws {
    let bench = try DeskBench()
    let refusal = await bench.refusal { _ = try await bench.desk.start(RunOrder(flow: "waiting", parameters: parameters)) }
    #expect(refusal == RunRefusal(.invalid, message))
    #expect(await bench.desk.active() == [])
  }

  @Test("a replay that finds nothing says so, and starts no run", arguments: [false, true])
  func nothingToReplay(isDryRun: Bool) async throws {
    let bench = try DeskBench()
    let receipt = try await bench.desk.replay(ReplayOrder(flow: "waiting", isDryRun: isDryRun))
    #expect(receipt == ReplayReceipt(run: nil, entries: 0, notes: isDryRun ? [] : ["no entry of the error folder is replayed"]))
    #expect(await bench.desk.active() == [])
  }

  @Test("take a harmless parameter")
  func given() async throws {
    let bench = try DeskBench()
    #expect(HarmlessParameters.all(of: bench.served.graph).map(\.name) == ["from"])
    let run = try await bench.desk.start(RunOrder(flow: "waiting", parameters: ["from": "2026-01-05"]))
    #expect(!run.isEmpty)
    await bench.desk.drain()
  }

  @Test("of an unknown flow are refused with the nearest name")
  func unknownFlow() async throws {
    let bench = try DeskBench()
    let refusal = await bench.refusal { _ = try await bench.desk.start(RunOrder(flow: "wating")) }
    #expect(refusal == RunRefusal(.unknown, "the server has no flow 'wating'; expected one of those that it was started with; did you mean 'waiting'?"))
  }

  @Test("that cannot begin say why")
  func cannotBegin() async throws {
    let bench = try DeskBench()
    try POSIXFileSystem().replaceDurably(bench.served.state, with: [], temporary: bench.folder.path("temporary"))
    let refusal = await bench.refusal { _ = try await bench.desk.start(RunOrder(flow: "waiting")) }
    #expect(refusal?.reason == .invalid && refusal?.message.contains(bench.served.state) == true)
    #expect(await bench.desk.active() == [])
  }

  @Test("drain when the server stops, and none is started afterwards")
  func drain() async throws {
    let bench = try DeskBench()
    let run = try await bench.desk.start(RunOrder(flow: "waiting"))
    let end = Task { await bench.end(of: run) }
    await bench.desk.drain()
    #expect(await end.value?.ended ?? "partial" == "partial")
    let refusal = await bench.refusal { _ = try await bench.desk.start(RunOrder(flow: "waiting")) }
    #expect(refusal?.reason == .stopping)
    #expect(await bench.desk.active() == [])
  }

  @Test("replay error entries, and say before what they would do")
  func replay() async throws {
    let bench = try DeskBench(waits: false)
    let first = try await bench.desk.start(RunOrder(flow: "waiting"))
    _ = await bench.end(of: first)
    #expect(await bench.desk.active() == [])
    var order = ReplayOrder(flow: "waiting", isDryRun: true)
    let dry = try await bench.desk.replay(order)
    #expect(dry.run == nil && dry.entries == 3)
    #expect(dry.notes.filter { $0.hasSuffix(": disk: would go back to 'keep'") }.count == 3, "\(dry.notes)")
    order.cause = "dsk"
    let refusal = await bench.refusal { _ = try await bench.desk.replay(order) }
    #expect(refusal == RunRefusal(.unknown, "there is no cause 'dsk'; did you mean 'disk'?"))
    order.cause = "disk"
    order.isDryRun = false
    try POSIXFileSystem().removeFile(bench.folder.path("file"))
    let receipt = try await bench.desk.replay(order)
    let run = try #require(receipt.run)
    #expect(receipt.entries == 3 && receipt.notes == [])
    _ = await bench.end(of: run)
    await bench.desk.drain()
    #expect(try POSIXFileSystem().names(in: bench.folder.path("file/out")).count == 3)
    let again = try await bench.desk.replay(order)
    #expect(again == ReplayReceipt(run: nil, entries: 0, notes: ["no entry of the error folder is replayed"]))
  }

  @Test("of the shipped flows take dates and the detail, and nothing else", arguments: ["fitbit", "fitbit-steps", "google-health", "google-health-nightly"])
  func shippedFlows(name: String) async throws {
    let bench = try ShippedBench(name)
    #expect(Set(HarmlessParameters.all(of: bench.graph).map(\.name)).isSubset(of: ["detail", "from", "until"]))
    for parameter in bench.graph.parameters where !["detail", "from", "until"].contains(parameter.name) {
      let refusal = await bench.refusal(RunOrder(flow: bench.graph.name, parameters: [parameter.name: "2026-01-05"]))
      #expect(refusal?.reason == .invalid && refusal?.message.hasPrefix("parameter '\(parameter.name)' is set when the server is started") == true)
    }
    let refusal = await bench.refusal(RunOrder(flow: bench.graph.name, parameters: ["from": "yesterday"]))
    #expect(refusal?.reason == .invalid && refusal?.message.hasPrefix("parameters.from: ") == true && refusal?.message.contains("yesterday") == true, "\(refusal?.message ?? "")")
    let nobody = await bench.refusal(RunOrder(flow: bench.graph.name, only: ["Q*"]))
    #expect(nobody?.reason == .unknown && nobody?.message.hasPrefix("only 'Q*'") == true, "\(nobody?.message ?? "")")
  }
}
