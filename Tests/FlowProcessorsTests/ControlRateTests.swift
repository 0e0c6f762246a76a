import FlowCore
import FlowDefinition
import FlowTesting
import Testing

@testable import FlowProcessors

@Suite("ControlRate")
struct ControlRateTests {
  private static func bench(_ properties: [String: PropertyLiteral], time: ManualTime = ManualTime()) throws -> ProcessorTest {
    try ProcessorTest(ControlRate.self, properties, compiler: CompiledExpressions(parameters: []), environment: .undriven(time: time))
  }
  private static let twoASecond: [String: PropertyLiteral] = ["rate_control_criteria": "flowfile_count", "maximum_rate": "2", "time_duration": "1 s"]

  @Test("what exceeds the rate stays in its queue until the rate allows it")
  func waits() async throws {
    let time = ManualTime()
    let test = try Self.bench(Self.twoASecond, time: time)
    for _ in 0..<2 { #expect(await test.run([test.flowFile()])["success"].count == 1) }
    let waiting = test.flowFile()
    time.advance(by: .milliseconds(400))
    let refused = await test.run([waiting])
    #expect(refused.untaken.map(\.id) == [waiting.id] && refused.yieldDuration == .milliseconds(600))
    time.advance(by: .milliseconds(600))
    #expect(await test.run([waiting])["success"].map(\.id) == [waiting.id])
  }

  @Test("a stopping run does not wait: the FlowFile is sent back with a penalty, and so deferred")
  func stopping() async throws {
    let test = try Self.bench(Self.twoASecond)
    for _ in 0..<2 { _ = await test.run([test.flowFile()]) }
    let outcome = await test.run([test.flowFile()], isStopping: true)
    #expect(outcome.requeued.map(\.penalty) == [.seconds(1)])
  }

  @Test("what exceeds the rate can be routed instead")
  func routes() async throws {
    let test = try Self.bench(Self.twoASecond.merging(["rate_exceeded_strategy": "route_to_rate_exceeded"]) { $1 })
    let outcomes = await test.runAll((0..<5).map { _ in test.flowFile() })
    #expect(outcomes.flatMap { $0["success"] }.count == 2 && outcomes.flatMap { $0["rate exceeded"] }.count == 3)
  }

  @Test("sizes and attributes count too; what is larger than the rate passes alone and delays the next", arguments: [
    (["rate_control_criteria": "data_rate", "maximum_rate": "10 B"], ["10", "10"], [true, false], 60),
    (["rate_control_criteria": "data_rate", "maximum_rate": "10 B"], ["30", "1"], [true, false], 120),
    (["rate_control_criteria": "attribute_value", "maximum_rate": "100", "rate_controlled_attribute": "size"], ["99", "1", "1"], [true, true, false], 60),
    (["rate_control_criteria": "data_rate_or_flowfile_count", "maximum_data_rate": "1 KB", "maximum_flowfile_rate": "1"], ["1", "1"], [true, false], 60),
    (["rate_control_criteria": "data_rate_or_flowfile_count", "maximum_data_rate": "1 B", "maximum_flowfile_rate": "9"], ["1", "1"], [true, false], 60),
  ] as [([String: PropertyLiteral], [String], [Bool], Int)])
  func criteria(_ properties: [String: PropertyLiteral], _ sizes: [String], _ pass: [Bool], _ seconds: Int) async throws {
    let time = ManualTime()
    let test = try Self.bench(properties, time: time)
    for (size, passes) in zip(sizes, pass) {
      let flowFile = test.flowFile(["size": size], content: .bytes(Array(repeating: 0, count: Int(size) ?? 0)))
      #expect(await test.run([flowFile])["success"].count == (passes ? 1 : 0))
      guard !passes else { continue }
      time.advance(by: .seconds(seconds) - .milliseconds(1))
      #expect(await test.run([flowFile])["success"].isEmpty)
      time.advance(by: .milliseconds(1))
      #expect(await test.run([flowFile])["success"].count == 1)
    }
  }

  @Test("each group has its own rate and its own order")
  func groups() async throws {
    let time = ManualTime()
    let test = try Self.bench(Self.twoASecond.merging(["grouping_attribute": "g", "maximum_rate": "1"]) { $1 }, time: time)
    let a = (0..<3).map { _ in test.flowFile(["g": "a"]) }
    #expect(await test.run([a[0]])["success"].count == 1)
    #expect(await test.run([a[1]]).requeued.map(\.penalty) == [.seconds(1)])
    #expect(await test.run([test.flowFile(["g": "b"])])["success"].count == 1)
    time.advance(by: .seconds(1))
    #expect(await test.run([a[2]]).requeued.count == 1, "one that came later does not overtake")
    #expect(await test.run([a[1]])["success"].count == 1)
    time.advance(by: .seconds(1))
    #expect(await test.run([a[2]])["success"].count == 1)
  }

  /// Lets FlowFiles come at once and return when they are told. Returns when each passed, in that order, and how many decisions there were.
  private func passage(of requests: [RateControl.Request], _ control: RateControl, late: (Int) -> Duration = { _ in .zero }) -> (passed: [(number: Int, at: Duration)], decisions: Int) {
    var control = control, passed: [(number: Int, at: Duration)] = [], decisions = 0, now = Duration.zero
    var waiting = requests.indices.map { (number: $0, at: Duration.zero, turn: $0) }
    while let next = waiting.min(by: { ($0.at, $0.turn) < ($1.at, $1.turn) }), decisions < 100 * requests.count {
      waiting.removeAll { $0.number == next.number }
      // What is due returns together, however late that is.
      if next.at > now { now = next.at + late(decisions) }
      decisions += 1
      switch control.decide(requests[next.number], at: now, holds: true) {
      case .pass: passed.append((next.number, now))
      case .wait(let until):
        #expect(until > now)
        waiting.append((next.number, until, requests.count + decisions))
      }
    }
    return (passed, decisions)
  }

  private func requests(_ count: Int, group: (Int) -> String, amount: (Int) -> Int = { _ in 1 }, bytes: (Int) -> Int = { _ in 0 }) -> [RateControl.Request] {
    (0..<count).map { .init(id: FlowFileID(SeededRandomSource(seed: UInt64($0 + 1))), group: group($0), amount: amount($0), bytes: bytes($0)) }
  }

  @Test("many of a group pass in order at the rate, each looked at when its turn has come and hardly before, though the clock is late", arguments: [0, 1000, 20_000])
  func crowd(_ microseconds: UInt64) {
    let random = SeededRandomSource(seed: 1)
    let (passed, decisions) = passage(of: requests(1500, group: { _ in "a" }), RateControl(data: nil, count: 250, time: .seconds(1))) { _ in
      .microseconds(Int(random.next() % (microseconds + 1)))
    }
    #expect(passed.map(\.number) == Array(0..<1500) && decisions < 4 * 1500, "\(decisions)")
    #expect(passed.last.map { $0.at > .milliseconds(5990) && $0.at < .milliseconds(6200) } == true, "\(passed.last?.at ?? .zero)")
  }

  @Test("those of as many groups pass at once")
  func crowdOfGroups() {
    let (passed, decisions) = passage(of: requests(1500, group: { "\($0)" }), RateControl(data: nil, count: 1, time: .seconds(60)))
    #expect(passed.count == 1500 && passed.allSatisfy { $0.at == .zero } && decisions == 1500)
  }

  @Test("the order within a group stays and the rate is kept, whatever the amounts and however late one returns", arguments: Seeds.chosen(usual: 20))
  func order(_ seed: UInt64) {
    let random = SeededRandomSource(seed: seed)
    let amounts = (0..<120).map { _ in 1 + Int(random.next() % 12) }, sizes = (0..<120).map { _ in Int(random.next() % 300) }
    let all = requests(120, group: { "\($0 % 3)" }, amount: { amounts[$0] }, bytes: { sizes[$0] })
    let (passed, decisions) = passage(of: all, RateControl(data: 1000, count: 20, time: .seconds(1))) { _ in .milliseconds(Int(random.next() % 5)) }
    #expect(decisions < 120 * 10, "\(decisions), seed \(seed)")
    for group in 0..<3 {
      let own = passed.filter { $0.number % 3 == group }
      #expect(own.map(\.number) == stride(from: group, to: 120, by: 3).map { $0 }, "seed \(seed)")
      for (place, one) in own.enumerated() {
        let window = own[..<place].filter { $0.at > one.at - .seconds(1) }
        #expect(window.reduce(0) { $0 + amounts[$1.number] } < 20 && window.reduce(0) { $0 + sizes[$1.number] } < 1000, "seed \(seed)")
      }
      let amount = own.reduce(0) { $0 + amounts[$1.number] }, bytes = own.reduce(0) { $0 + sizes[$1.number] }
      let seconds = max(Double(amount) / 20, Double(bytes) / 1000) + 2
      #expect(own.last.map { $0.at < .seconds(seconds) } == true, "\(own.last?.at ?? .zero) instead of \(seconds) s, seed \(seed)")
    }
  }

  @Test("without a usable attribute a FlowFile fails", arguments: [nil, "", "-1", "0", "many"] as [String?])
  func attribute(_ value: String?) async throws {
    let test = try Self.bench(["rate_control_criteria": "attribute_value", "maximum_rate": "100", "rate_controlled_attribute": "size"])
    let outcome = await test.run([test.flowFile(value.map { ["size": $0] } ?? [:])])
    #expect(outcome["failure"].first?.failure?.cause == .badData)
  }

  @Test("the criteria need their rates", arguments: [
    [:], ["maximum_rate": "ten"], ["rate_control_criteria": "flowfile_count", "maximum_rate": "1 MB"],
    ["rate_control_criteria": "attribute_value", "maximum_rate": "1"], ["maximum_rate": "1 B", "time_duration": "10 ms"],
    ["rate_control_criteria": "data_rate_or_flowfile_count", "maximum_data_rate": "1 B"],
  ] as [[String: PropertyLiteral]])
  func declaration(_ properties: [String: PropertyLiteral]) { #expect(ProcessorProblems.found(ControlRate.self, properties).count == 1) }

  @Test("no more passes in any time than the maximum and one more, and on average no more than the rate", arguments: Seeds.chosen(usual: 40))
  func average(_ seed: UInt64) {
    let random = SeededRandomSource(seed: seed)
    var limit = RateLimit(maximum: 10, time: .seconds(10))
    var now = Duration.zero
    var passed: [(at: Duration, amount: Int)] = []
    for _ in 0..<400 {
      now += .milliseconds(Int(random.next() % 400))
      let amount = 1 + Int(random.next() % 25)
      if let opening = limit.opening(at: now) {
        #expect(opening > now)
        if random.next() % 2 == 0 { now = opening } else { continue }
        #expect(limit.opening(at: now) == nil, "seed \(seed)")
      }
      limit.pass(amount, at: now)
      passed.append((now, amount))
      let window = passed.filter { $0.at > now - .seconds(10) }
      #expect(window.dropLast().reduce(0) { $0 + $1.amount } < 10)
    }
    let total = passed.dropLast().reduce(0) { $0 + $1.amount }
    let seconds = Double((passed.last?.at ?? .zero).wholeMilliseconds) / 1000
    #expect(Double(total) <= seconds + 10, "\(total) in \(seconds) s, seed \(seed)")
  }
}
