import FlowCore
import FlowTesting
import Testing

@testable import FlowEngine
@testable import FlowRuntime

@Suite("The time that a run still takes")
struct LiveEstimateTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var remaining: Double?
    var done = 0
    var created = 100
    var finished = 50
    var running = 0
    var available = 0
    /// In seconds from now.
    var penalty: (first: Int, last: Int)?
  }

  /// 60 s after the run was created, for 10 participants.
  static let cases = [
    Case(testDescription: "is unknown before a participant is done", remaining: nil, running: 1),
    Case(testDescription: "is as long as the others took", remaining: 90, done: 4, running: 1),
    Case(testDescription: "is nothing to tell when all are done", remaining: nil, done: 10),
    Case(testDescription: "is at least the longest wait", remaining: 600, done: 4, running: 1, penalty: (5, 600)),
    Case(testDescription: "is one more round when half has ended and the rest waits", remaining: 880, penalty: (880, 880)),
    Case(testDescription: "is as many rounds as the rest needs", remaining: 3 * 3600 - 60, created: 200, finished: 50, penalty: (3540, 3540)),
    Case(testDescription: "is the pace while something can go on", remaining: 3540, done: 5, available: 1, penalty: (3540, 3540)),
  ]

  @Test("follows pace and waits", arguments: cases)
  func remaining(_ expected: Case) {
    let now = Duration.seconds(1000)
    var flowfiles = FlowFileCounts()
    flowfiles.created = expected.created
    flowfiles.finished = expected.finished
    let queue = FlowSnapshot.Queue(
      source: "a", relationship: "success", destination: "b", availableCount: expected.available, inFlightCount: 0, penalisedCount: 0, countedBytes: 0,
      isFull: false, limit: 10,
      penalty: expected.penalty.map { .init(reason: nil, firstEnd: now + .seconds($0.first), lastEnd: now + .seconds($0.last)) })
    let snapshot = FlowSnapshot(
      flowfiles: flowfiles, processors: [], queues: [queue], running: [expected.running], yields: [nil], exhausted: [true], isStopping: false, openLineageCount: 0)
    let estimate = LiveEstimate(
      snapshot: snapshot, elapsed: .seconds(60), participants: .init(done: expected.done, total: 10), monotonic: now)
    #expect(estimate.remaining == expected.remaining)
  }
}
