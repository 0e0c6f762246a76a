import FlowCore
import FlowRuntime
import FlowTesting
import Testing

@testable import StudyWeb

@Suite("The turns of readers")
struct ReadingPaceTests {
  @Test("without a run nobody waits")
  func free() {
    var pace = ReadingPace()
    for _ in 0..<1_000 { #expect(pace.arrive(isRunUnderWay: false) == .free) }
    #expect(!pace.isTaken && pace.waiting == 0)
  }

  @Test("while a run is under way one reads at a time, and the machine is left alone for the rest of the time")
  func one() {
    var pace = ReadingPace()
    #expect(pace.arrive(isRunUnderWay: true) == .now)
    #expect(pace.arrive(isRunUnderWay: true) == .wait && pace.arrive(isRunUnderWay: true) == .wait)
    let rest = pace.finish(after: .milliseconds(30), isRunUnderWay: true)
    // Of the time from the beginning of a turn to the beginning of the next one.
    #expect(abs(Duration.milliseconds(30) / (rest + .milliseconds(30)) - ReadingPace.share) < 0.001)
    #expect(pace.next() && pace.next() && !pace.next() && !pace.isTaken)
    #expect(pace.arrive(isRunUnderWay: true) == .now)
  }

  @Test("a page that takes minutes does not keep everybody waiting as long")
  func long() {
    var pace = ReadingPace()
    _ = pace.arrive(isRunUnderWay: true)
    #expect(pace.finish(after: .seconds(100), isRunUnderWay: true) == ReadingPace.longestRest)
  }

  @Test("whoever would wait longer than anybody has patience for is asked to come again", arguments: [5, 50, 500])
  func refused(milliseconds: Int) {
    var pace = ReadingPace()
    for _ in 0..<100 {
      _ = pace.arrive(isRunUnderWay: true)
      _ = pace.finish(after: .milliseconds(milliseconds), isRunUnderWay: true)
      _ = pace.next()
    }
    var answers = (0..<10_000).map { _ in pace.arrive(isRunUnderWay: true) }[...]
    #expect(answers.popFirst() == .now)
    let waiting = answers.count { $0 == .wait }
    #expect(answers.prefix(waiting).allSatisfy { $0 == .wait } && answers.dropFirst(waiting).allSatisfy { $0 == .refuse })
    let expected = Int(ReadingPace.patience / .milliseconds(milliseconds) * ReadingPace.share)
    #expect(abs(waiting - expected) <= expected / 50 + 1)
  }

  @Test("after the run those who wait follow each other at once")
  func end() {
    var pace = ReadingPace()
    _ = pace.arrive(isRunUnderWay: true)
    #expect(pace.arrive(isRunUnderWay: false) == .wait)
    #expect(pace.finish(after: .milliseconds(30), isRunUnderWay: false) == .zero && pace.next())
  }

  @Test("readers of a server have their turns one after the other, by the clock, in the order in which they came")
  func turns() async throws {
    let time = ManualTime(), desk = DeskDouble(), turns = ReadingTurns(desk: desk, time: time), order = Locked<[Int]>([])
    desk.show("live-1", [.example(run: "live-1")])
    // A first turn that takes 15 ms: the next one comes 85 ms later.
    try await turns.turn { time.advance(by: .milliseconds(15)) }
    var readers: [Task<Void, any Error>] = []
    for number in 0..<3 {
      readers.append(Task { try await turns.turn { order.withLock { $0.append(number) } } })
      try await waitUntil { turns.waitingCount > number }
    }
    time.advance(by: .milliseconds(84))
    #expect(order.withLock { $0 } == [])
    time.advance(by: .milliseconds(1))
    for reader in readers { try await reader.value }
    #expect(order.withLock { $0 } == [0, 1, 2])
  }
}
