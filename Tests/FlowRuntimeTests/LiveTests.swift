import FlowCore
import FlowFileSystem
import FlowRuntime
import FlowTesting
import StudyModel
import Testing

/// A run watched through its socket, as another process does.
@Suite("A run under way", .timeLimit(.minutes(5)))
struct LiveTests {
  private static func socket(_ flow: WaitingFlow, _ run: Run) -> String { flow.state + "/live/\(run.id).sock" }

  /// Reads until all FlowFiles wait.
  private static func waiting(_ updates: inout AsyncStream<LiveUpdate>.Iterator) async -> LiveUpdate? {
    while let update = await updates.next() { if update.isWaiting { return update } }
    return nil
  }

  @Test("is seen by several readers, each of which gets the last update")
  func severalReaders() async throws {
    let flow = try WaitingFlow()
    let run = try flow.run()
    run.start()
    #expect(await run.hasBegun)
    let client = LiveClient(state: flow.state)
    var first = try #require(await client.updates(of: run.id)).makeAsyncIterator()
    var second = try #require(await client.updates(of: run.id)).makeAsyncIterator()
    let firstSeen = await Self.waiting(&first), secondSeen = await Self.waiting(&second)
    let seen = try #require(firstSeen)
    #expect(secondSeen?.run == run.id)
    #expect(seen.flow == "waiting" && seen.flowfiles.created == 3 && seen.ended == nil && seen.exit == nil)
    #expect(seen.processors.map(\.name) == ["begin", "keep"] && seen.processors[0].sent == ["success": 3])
    #expect(seen.processors[1].retried == 3 && seen.processors[1].failed == 0)
    #expect(seen.processors[1].waitsFor?.hasPrefix("retry at ") == true && seen.processors[1].waitsFor?.hasSuffix(" UTC") == true)
    #expect(seen.queues == [.init(from: "begin", to: "keep", relationships: ["success"], count: 0, limit: 1000, isFull: false)])
    #expect(await client.runs().map(\.run) == [run.id])
    run.stop()
    #expect(try await run.result.status == .partial)
    for var reader in [first, second] {
      var last: LiveUpdate?
      while let update = await reader.next() { last = update }
      #expect(last?.ended == "partial" && last?.exit == 143 && last?.flowfiles.deferred == 3)
    }
    #expect(await client.runs() == [])
    #expect(await client.updates(of: run.id) == nil)
  }

  @Test("shows what a processor holds")
  func held() async throws {
    let flow = try WaitingFlow()
    let run = try flow.run(joins: true)
    run.start()
    #expect(await run.hasBegun)
    var updates = try #require(await LiveClient(state: flow.state).updates(of: run.id)).makeAsyncIterator()
    var seen: LiveUpdate?
    while let update = await updates.next() {
      seen = update
      if update.isWaiting, update.processors.last?.held == 3 { break }
    }
    #expect(seen?.processors.map(\.held) == [nil, nil, 3])
    run.stop()
    _ = try await run.result
  }

  @Test("is seen by its user only, and leaves no socket")
  func mode() async throws {
    let flow = try WaitingFlow()
    let run = try flow.run()
    run.start()
    #expect(await run.hasBegun)
    let files = POSIXFileSystem()
    #expect(try #require(try files.status(Self.socket(flow, run))).mode & 0o777 == 0o600)
    #expect(try #require(try files.status(flow.state + "/live")).mode & 0o777 == 0o700)
    run.stop()
    _ = try await run.result
    #expect(try files.names(in: flow.state + "/live") == [])
  }

  @Test("that reads too late for anything else still gets the last update")
  func slowReader() async throws {
    let flow = try WaitingFlow()
    let run = try flow.run()
    run.start()
    #expect(await run.hasBegun)
    let updates = run.live.subscribe(), outside = try #require(await LiveClient(state: flow.state).updates(of: run.id))
    run.stop()
    _ = try await run.result
    var inside: [LiveUpdate] = []
    for await update in updates { inside.append(update) }
    #expect(inside.map(\.ended) == ["partial"])
    var last: LiveUpdate?
    for await update in outside { last = update }
    #expect(last?.ended == "partial")
  }

  @Test("is seen where the path of its state folder is longer than the address of a socket may be")
  func longPath() async throws {
    let flow = try WaitingFlow(state: String(repeating: "long-", count: 40))
    let run = try flow.run()
    run.start()
    #expect(await run.hasBegun)
    #expect(await LiveClient(state: flow.state).runs().map(\.run) == [run.id])
    run.stop()
    _ = try await run.result
    #expect(try POSIXFileSystem().names(in: flow.state + "/live") == [])
  }

  @Test("runs without a socket that cannot be made, and says so")
  func noSocket() async throws {
    let flow = try WaitingFlow()
    let files = POSIXFileSystem()
    try files.makeFolder(flow.state)
    try files.replaceDurably(flow.state + "/live", with: [], temporary: flow.state + "/temporary")
    let run = try flow.run()
    let events = run.events.listen(to: [.message])
    run.start()
    #expect(await run.hasBegun)
    run.stop()
    #expect(try await run.result.status == .partial)
    var subjects: [String] = []
    for await delivery in events { if case .warning(let warning) = delivery.event { subjects.append(warning.subject) } }
    #expect(subjects.contains("the run cannot be watched by flowrun top and the pages"))
  }

  @Test("that cannot begin ends its readers' updates as failed")
  func refused() async throws {
    let flow = try WaitingFlow()
    try POSIXFileSystem().replaceDurably(flow.state, with: [], temporary: flow.state + ".temporary")
    let run = try flow.run()
    let updates = run.live.subscribe()
    run.start()
    #expect(await !run.hasBegun)
    await #expect(throws: (any Error).self) { try await run.result }
    var last: LiveUpdate?
    for await update in updates { last = update }
    #expect(last?.ended == "failed" && last?.exit == 1)
  }

  @Test("tells nothing while nobody reads, and twice a second by the run's clock otherwise")
  func interval() async throws {
    let time = ManualTime()
    let flow = try HelloFlow(time: time)
    let timers = Locked<[Int]>([])
    let heard = Locked<AsyncStream<LiveUpdate>?>(nil)
    flow.atFirstFile {
      timers.withLock { $0.append(time.timerCount) }
      heard.withLock { $0 = flow.run.live.subscribe() }
      timers.withLock { $0.append(time.timerCount) }
    }
    #expect(try await flow.run.run().exit == 0)
    #expect(timers.withLock { $0 } == [0, 1] && time.timerCount == 0)
    var last: LiveUpdate?
    for await update in try #require(heard.withLock { $0 }) { last = update }
    #expect(last?.ended == "complete" && last?.exit == 0 && last?.flowfiles.finished == 5)
  }
}
