import FlowCore
import FlowRuntime
import FlowTesting
import StudyModel
import StudyWeb
import Testing

/// A desk that notes the orders and answers as the test says.
private final class ScriptedDesk: RunDesk {
  private let answer: @Sendable (RunOrder, _ number: Int) throws(RunRefusal) -> String
  private let ordered = Locked<[RunOrder]>([])

  init(_ answer: @escaping @Sendable (RunOrder, Int) throws(RunRefusal) -> String = { _, number in "run \(number)" }) { self.answer = answer }

  var orders: [RunOrder] { ordered.withLock { $0 } }

  func start(_ order: RunOrder) async throws(RunRefusal) -> String {
    let number = ordered.withLock { ordered in
      ordered.append(order)
      return ordered.count
    }
    return try answer(order, number)
  }
  func replay(_ order: ReplayOrder) async throws(RunRefusal) -> ReplayReceipt { throw RunRefusal(.unknown, "nothing is replayed here") }
  var isStopping: Bool { false }
  func stop(run: String) async -> Bool { false }
  func active() async -> [LiveUpdate] { [] }
  func updates(of run: String) async -> AsyncStream<LiveUpdate>? { nil }
}

/// A line of the keeper's log.
private struct Said: Equatable {
  var message: String
  var due: String

  init(_ message: String, _ due: String) {
    self.message = message
    self.due = due
  }
}

/// A keeper whose clock the test moves, with what it has said.
private struct KeeperBench {
  static let state = "state"

  let time: ManualTime
  let files: MemoryFileSystem
  let desk: ScriptedDesk
  let keeper: ScheduleKeeper
  private let said: AsyncStream<(String, [String: String])>

  init(_ schedule: String?, source: String? = nil, from now: String, files: MemoryFileSystem = MemoryFileSystem(), desk: ScriptedDesk = ScriptedDesk()) throws {
    time = ManualTime(now: try #require(Instant(rfc3339: now)))
    self.files = files
    self.desk = desk
    let (said, saying) = AsyncStream.makeStream(of: (String, [String: String]).self)
    self.said = said
    let machine = Machine(
      time: time, random: SeededRandomSource(seed: 1), fileSystem: files, transport: NoTransport(), executor: DispatchExecutor(label: "test"),
      lane: { _ in InlineLane() })
    var served = try DeskBench(schedule: schedule, source: source).served
    served.state = Self.state
    keeper = ScheduleKeeper(flows: [served], desk: desk, machine: machine) { saying.yield(($0, $1)) }
  }

  /// Moves the clock until the next run is due, and returns what was said then.
  func next() async throws -> Said {
    time.advance(by: try #require(keeper.statuses.first).next - time.now)
    return try await heard()
  }

  func heard() async throws -> Said {
    for await (message, metadata) in said { return Said(message, metadata["due"] ?? "") }
    throw RunRefusal(.unknown, "nothing is said")
  }

  var counts: ScheduleStatus.Counts? { keeper.statuses.first?.counts }
}

@Suite("A schedule", .timeLimit(.minutes(5)))
struct ScheduleKeeperTests {
  @Test("starts runs on the day that clocks skip an hour, once where its time is skipped")
  func clockChange() async throws {
    let bench = try KeeperBench("{ cron: \"30 2 * * *\", zone: Europe/Berlin }", from: "2026-03-27T20:00:00Z")
    await bench.keeper.start()
    var due: [String] = []
    for _ in 0..<3 { due.append(try await bench.next().due) }
    #expect(due == ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"])
    #expect(bench.desk.orders == Array(repeating: RunOrder(flow: "waiting", origin: .schedule), count: 3))
    let status = try #require(bench.keeper.statuses.first)
    #expect(status.counts == .init(started: 3) && status.lastRun == "run 3" && status.last?.text == due.last && status.next.text == "2026-03-31T00:30:00Z")
    bench.keeper.close()
    #expect(bench.time.timerCount == 0)
  }

  @Test("of a source makes the whole flow due, beside the flow's own")
  func ofSource() async throws {
    let bench = try KeeperBench("{ cron: \"0 */2 * * *\" }", source: "{ every: 90 min }", from: "2026-01-05T11:00:00Z")
    await bench.keeper.start()
    var due: [String] = []
    for _ in 0..<4 { due.append(try await bench.next().due) }
    #expect(due == ["2026-01-05T12:00:00Z", "2026-01-05T13:30:00Z", "2026-01-05T14:00:00Z", "2026-01-05T15:00:00Z"])
    #expect(bench.desk.orders == Array(repeating: RunOrder(flow: "waiting", origin: .schedule), count: 4))
    #expect(bench.keeper.statuses.first?.cron == "0 */2 * * *; every 90m" && bench.keeper.statuses.first?.zone == "UTC")
    bench.keeper.close()
  }

  @Test("of a source is enough, and a restart repeats none of its times")
  func sourceRestart() async throws {
    let files = MemoryFileSystem()
    for (start, due) in [("2026-01-05T11:00:00Z", "2026-01-05T11:05:00Z"), ("2026-01-05T11:05:30Z", "2026-01-05T11:10:00Z")] {
      let bench = try KeeperBench(nil, source: "{ every: 5 min }", from: start, files: files)
      await bench.keeper.start()
      #expect(try await bench.next() == Said("scheduled run started", due))
      bench.keeper.close()
    }
  }

  @Test("leaves out a run while one is under way, counts it, and goes on")
  func overlap() async throws {
    let desk = ScriptedDesk { _, number throws(RunRefusal) in
      if number == 2 { throw RunRefusal(.underWay, "run 1 is under way") }
      return "run \(number)"
    }
    let bench = try KeeperBench("{ cron: \"0 */2 * * *\" }", from: "2026-01-05T11:00:00Z", desk: desk)
    await bench.keeper.start()
    #expect(try await bench.next() == Said("scheduled run started", "2026-01-05T12:00:00Z"))
    #expect(try await bench.next() == Said("scheduled run left out: one is under way", "2026-01-05T14:00:00Z"))
    #expect(bench.keeper.statuses.first?.problem == "run 1 is under way" && bench.keeper.statuses.first?.lastRun == nil)
    #expect(try await bench.next() == Said("scheduled run started", "2026-01-05T16:00:00Z"))
    #expect(bench.counts == .init(started: 2, skipped: 1))
  }

  @Test("counts a run that cannot begin, and goes on")
  func failure() async throws {
    let desk = ScriptedDesk { _, number throws(RunRefusal) in
      if number == 1 { throw RunRefusal(.invalid, "the batch folder does not exist") }
      return "run \(number)"
    }
    let bench = try KeeperBench("{ cron: \"@hourly\" }", from: "2026-01-05T11:30:00Z", desk: desk)
    await bench.keeper.start()
    #expect(try await bench.next() == Said("scheduled run could not start", "2026-01-05T12:00:00Z"))
    #expect(try await bench.next() == Said("scheduled run started", "2026-01-05T13:00:00Z"))
    #expect(bench.counts == .init(started: 1, failed: 1))
  }

  @Test("makes up once for what the machine slept through")
  func sleep() async throws {
    let bench = try KeeperBench("{ cron: \"0 */2 * * *\" }", from: "2026-01-05T11:00:00Z")
    await bench.keeper.start()
    // The wall clock goes on, the monotonic one does not; the keeper looks within a minute of waking.
    bench.time.setNow(try #require(Instant(rfc3339: "2026-01-06T03:00:00Z")))
    bench.time.advance(by: .seconds(60))
    #expect(try await bench.heard() == Said("scheduled run started", "2026-01-06T02:00:00Z"))
    #expect(bench.counts == .init(started: 1, missed: 7) && bench.desk.orders.count == 1)
    #expect(try await bench.next().due == "2026-01-06T04:00:00Z")
  }

  @Test("neither repeats nor forgets across a restart")
  func restart() async throws {
    let first = try KeeperBench("{ cron: \"0 */2 * * *\" }", from: "2026-01-05T11:00:00Z")
    await first.keeper.start()
    #expect(try await first.next().due == "2026-01-05T12:00:00Z")
    first.keeper.close()
    // At once: nothing is due.
    let second = try KeeperBench("{ cron: \"0 */2 * * *\" }", from: "2026-01-05T12:00:30Z", files: first.files)
    await second.keeper.start()
    #expect(second.desk.orders == [] && second.keeper.statuses.first?.next.text == "2026-01-05T14:00:00Z")
    second.keeper.close()
    // After a day without a server: once.
    let third = try KeeperBench("{ cron: \"0 */2 * * *\" }", from: "2026-01-06T12:30:00Z", files: first.files)
    await third.keeper.start()
    #expect(try await third.heard() == Said("scheduled run started", "2026-01-06T12:00:00Z"))
    #expect(third.counts == .init(started: 1, missed: 11))
    third.keeper.close()
    // Another schedule has no past.
    let fourth = try KeeperBench("{ cron: \"0 */3 * * *\" }", from: "2026-01-07T10:30:00Z", files: first.files)
    await fourth.keeper.start()
    #expect(fourth.desk.orders == [] && fourth.keeper.statuses.first?.next.text == "2026-01-07T12:00:00Z")
  }

  @Test("leaves to the next server what comes due while this one stops")
  func stopping() async throws {
    let asked = Locked<AsyncStream<Void>.Continuation?>(nil)
    let (asks, asking) = AsyncStream.makeStream(of: Void.self)
    asked.withLock { $0 = asking }
    let desk = ScriptedDesk { _, _ throws(RunRefusal) in
      asked.withLock { $0 }?.yield()
      throw RunRefusal(.stopping, "the server is stopping")
    }
    let first = try KeeperBench("{ cron: \"@hourly\" }", from: "2026-01-05T11:30:00Z", desk: desk)
    await first.keeper.start()
    first.time.advance(by: .seconds(1800))
    for await _ in asks { break }
    first.keeper.close()
    let second = try KeeperBench("{ cron: \"@hourly\" }", from: "2026-01-05T12:10:00Z", files: first.files)
    await second.keeper.start()
    #expect(try await second.heard() == Said("scheduled run started", "2026-01-05T12:00:00Z"))
  }

  @Test("begins now where its record is damaged, says so, and mends the record")
  func damaged() async throws {
    let files = MemoryFileSystem(folders: [KeeperBench.state])
    files.put(KeeperBench.state + "/schedule.json", "{ \"flows\":")
    let bench = try KeeperBench("{ cron: \"@hourly\" }", from: "2026-01-05T11:30:00Z", files: files)
    await bench.keeper.start()
    #expect(try await bench.heard().message == "what the schedules have done cannot be read; they begin now")
    #expect(bench.desk.orders == [] && bench.keeper.statuses.first?.next.text == "2026-01-05T12:00:00Z")
    bench.keeper.close()
    let next = try KeeperBench("{ cron: \"@hourly\" }", from: "2026-01-05T13:10:00Z", files: files)
    await next.keeper.start()
    #expect(try await next.heard() == Said("scheduled run started", "2026-01-05T13:00:00Z"))
    #expect(next.counts == .init(started: 1, missed: 1))
  }

  @Test("of a flow without one keeps no record and waits for nothing")
  func none() async throws {
    let time = ManualTime(), files = MemoryFileSystem(folders: [])
    let machine = Machine(
      time: time, random: SeededRandomSource(seed: 1), fileSystem: files, transport: NoTransport(), executor: DispatchExecutor(label: "test"),
      lane: { _ in InlineLane() })
    let keeper = ScheduleKeeper(flows: [try DeskBench().served], desk: ScriptedDesk(), machine: machine)
    await keeper.start()
    #expect(keeper.statuses == [] && time.timerCount == 0 && files.paths() == [])
  }
}
