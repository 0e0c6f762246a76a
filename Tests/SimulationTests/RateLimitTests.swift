import FlowCore
import FlowEngine
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("999 of 1,000 participants must wait an hour", .serialized)
struct RateLimitTests {
  private static let count = 1000
  private static let isSoak = ProcessInfo.processInfo.environment["FLOWRUN_SOAK"] != nil
  /// The last participant of the batch, behind all that wait.
  private static let spared = "P1000"

  @Test(
    "the one left completes at once, nobody is asked while told to wait, and what waits is bounded",
    .timeLimit(.minutes(5)), arguments: isSoak ? ["/activities/", "/devices.json"] : ["/activities/"])
  func othersRunOn(path: String) throws {
    let flow = try WholeFlow(participants: Self.count)
    let rationed = Locked<RationedTransport?>(nil)
    // A quarter of an hour: the others are deferred by then, and the next run asks again.
    let run = try flow.drive(seed: 1, timeout: .seconds(900)) { transport, time in
      let made = try RationedTransport(transport, time, simulator: flow.simulator, sparing: Self.spared, at: path)
      rationed.withLock { $0 = made }
      return made
    }
    let result = try #require(run.result, "\(run)")
    #expect(result.timedOut && result.stopped == nil && result.errorEntries == 0, "\(run)")
    #expect(result.flowfiles.isBalanced)

    let provider = try #require(rationed.withLock { $0 })
    let synced = flow.simulator.population.participants.count { flow.truth.window(of: $0) != nil }
    #expect(provider.toldCount > synced / 2)
    #expect(provider.askedTooEarly == [])

    #expect(run.register[Self.spared] == .complete)
    let waiting = run.register.outcomes.count { $0.value == .deferred }
    #expect(waiting == provider.toldCount, "whoever was told to wait is deferred, the others are done")
    let ends = run.log.events.filter { event in
      if case .ended = event.kind { event.flowFile[AttributeName.participant] == Self.spared } else { false }
    }
    let last = try #require(ends.map(\.time).max())
    #expect(last - WholeFlow.firstStart < .seconds(120), "it did not wait for the others: \((last - WholeFlow.firstStart).inSeconds) s")

    let (alive, bytes) = Self.highWater(run.log.events)
    #expect(alive <= Self.count * 17, "\(alive) FlowFiles at once: of each participant its own and one portion of slices")
    #expect(bytes < 64 << 20, "\(bytes) bytes of FlowFiles at once")
    for processor in result.processors {
      #expect(processor.queueHighWater <= Self.count * 4, "\(processor.name): one portion of one kind of each: \(processor.queueHighWater)")
    }
  }

  /// The most FlowFiles that were alive at once, and the most bytes.
  private static func highWater(_ events: [FlowFileEvent]) -> (count: Int, bytes: Int) {
    var sizes: [FlowFileID: Int] = [:]
    var bytes = 0
    var most = (count: 0, bytes: 0)
    for event in events {
      bytes -= sizes[event.flowFile.id] ?? 0
      if case .ended = event.kind {
        sizes[event.flowFile.id] = nil
      } else {
        sizes[event.flowFile.id] = event.flowFile.sizeBytes
        bytes += event.flowFile.sizeBytes
      }
      most = (max(most.count, sizes.count), max(most.bytes, bytes))
    }
    return most
  }

  @Test(
    "without a timeout they all complete when the hour is over", .enabled(if: isSoak),
    .timeLimit(.minutes(15)))
  func whenTheHourIsOver() throws {
    let flow = try WholeFlow(participants: Self.count)
    let run = try flow.drive(seed: 1) { transport, time in
      try RationedTransport(transport, time, simulator: flow.simulator, sparing: Self.spared, at: "/activities/")
    }
    #expect(run.isComplete, "\(run)")
    #expect(run.ended - WholeFlow.firstStart >= .seconds(3600))
    #expect(try flow.image().data.differences(from: DatabaseImage(flow.truth)) == [])
  }
}
