import FlowCore
import FlowTesting
import StudyModel
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
    var ahead = RequestsAhead()
  }

  /// 150 an hour for each of the 5 participants that are not done.
  static func hourly(count: Int) -> RequestsAhead { RequestsAhead(count: count, limits: [RequestLimit(150, per: .seconds(3600), isAnnounced: true)]) }
  /// 100 a minute for all.
  static func minutely(count: Int) -> RequestsAhead { RequestsAhead(count: count, clientLimits: [RequestLimit(100, per: .seconds(60), isAnnounced: false)]) }

  /// 60 s after the run was created, for 10 participants.
  static let cases = [
    Case(testDescription: "is unknown before a participant is done", remaining: nil, running: 1),
    Case(testDescription: "is as long as the others took", remaining: 90, done: 4, running: 1),
    Case(testDescription: "is nothing to tell when all are done", remaining: nil, done: 10),
    Case(testDescription: "is at least the longest wait", remaining: 600, done: 4, running: 1, penalty: (5, 600)),
    Case(testDescription: "is one more round when half has ended and the rest waits", remaining: 880, penalty: (880, 880)),
    Case(testDescription: "is as many rounds as the rest needs", remaining: 3 * 3600 - 60, created: 200, finished: 50, penalty: (3540, 3540)),
    Case(testDescription: "is the pace while something can go on", remaining: 3540, done: 5, available: 1, penalty: (3540, 3540)),
    Case(testDescription: "is at least what a participant's limit leaves", remaining: 7200, done: 5, running: 1, ahead: hourly(count: 1900)),
    Case(testDescription: "is what the client's limit leaves before a participant is done", remaining: 540, running: 1, ahead: minutely(count: 1000)),
    Case(testDescription: "is the pace where the limits leave more", remaining: 60, done: 5, running: 1, ahead: hourly(count: 500)),
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
      flowfiles: flowfiles, processors: [], queues: [queue], running: [expected.running], outside: [[:]], yields: [nil], exhausted: [true], isStopping: false, openLineageCount: 0)
    let estimate = LiveEstimate(
      snapshot: snapshot, elapsed: .seconds(60), participants: .init(done: expected.done, total: 10), monotonic: now, limits: expected.ahead)
    #expect(estimate.remaining == expected.remaining)
  }
}
