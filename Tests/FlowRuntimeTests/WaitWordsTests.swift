import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine
@testable import FlowRuntime

@Suite("What a processor waits for")
struct WaitWordsTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var words: String?
    var running = 0
    var outside: [String: Int] = [:]
    var available = 0
    var isNextFull = false
    var yield: Duration?
    var penalty: FlowSnapshot.Penalty?
    var isExhausted = true
  }

  /// The monotonic clock stands at 100 s, the wall clock at 12:34:30.
  static let cases = [
    Case(testDescription: "nothing, if it has nothing to do", words: nil),
    Case(testDescription: "nothing, while it works", words: nil, running: 1, penalty: .init(reason: "retry", firstEnd: .seconds(110), lastEnd: .seconds(110))),
    Case(testDescription: "the network, if all its triggers do", words: "network", running: 2, outside: ["network": 2]),
    Case(testDescription: "nothing, if one of its triggers works", words: nil, running: 2, outside: ["network": 1]),
    Case(testDescription: "several things, the most frequent first", words: "network, database", running: 3, outside: ["database": 1, "network": 2]),
    Case(testDescription: "back pressure of a full queue", words: "back pressure from after", available: 1, isNextFull: true),
    Case(testDescription: "back pressure, as a source with more data", words: "back pressure from after", isNextFull: true, isExhausted: false),
    Case(testDescription: "nothing behind a full queue without input", words: nil, isNextFull: true),
    Case(testDescription: "a retry in seconds, rounded up", words: "retry in 9 s", penalty: .init(reason: "retry", firstEnd: .milliseconds(108_100), lastEnd: .seconds(400))),
    Case(testDescription: "a retry at a time", words: "retry at 12:37 UTC", penalty: .init(reason: "retry", firstEnd: .seconds(220), lastEnd: .seconds(400))),
    Case(testDescription: "a rate limit until a time", words: "rate limit until 12:40 UTC", penalty: .init(reason: "rate limit", firstEnd: .seconds(400), lastEnd: .seconds(400))),
    Case(testDescription: "a rate limit for seconds", words: "rate limit for 1 s", penalty: .init(reason: "rate limit", firstEnd: .milliseconds(100_100), lastEnd: .seconds(400))),
    Case(testDescription: "a penalty whose reason is not known", words: "penalty for 10 s", penalty: .init(reason: nil, firstEnd: .seconds(110), lastEnd: .seconds(110))),
    Case(testDescription: "its yield", words: "yield for 5 s", available: 1, yield: .seconds(105)),
    Case(testDescription: "nothing for the shortest of yields", words: nil, available: 1, yield: .milliseconds(100_010)),
  ]

  @Test("is said in words", arguments: cases)
  func words(_ expected: Case) throws {
    let queues = [
      FlowSnapshot.Queue(
        source: "before", relationship: "success", destination: "it", availableCount: expected.available, inFlightCount: 0,
        penalisedCount: expected.penalty == nil ? 0 : 1, countedBytes: 0, isFull: false, limit: 10, penalty: expected.penalty),
      FlowSnapshot.Queue(
        source: "it", relationship: "success", destination: "after", availableCount: 0, inFlightCount: 0, penalisedCount: 0, countedBytes: 0,
        isFull: expected.isNextFull, limit: 10, penalty: nil),
    ]
    let snapshot = FlowSnapshot(
      flowfiles: FlowFileCounts(), processors: ["before", "it", "after"].map { ProcessorReport(name: $0, type: "Test") }, queues: queues,
      running: [0, expected.running, 0], outside: [[:], expected.outside, [:]], yields: [nil, expected.yield, nil], exhausted: [true, expected.isExhausted, true], isStopping: false, openLineageCount: 0)
    let words = WaitWords(snapshot: snapshot, now: try #require(Instant(rfc3339: "2026-01-05T12:34:30Z")), monotonic: .seconds(100))
    #expect(words.words(forProcessor: 1) == expected.words)
  }
}
