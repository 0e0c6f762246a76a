import FlowCore
import FlowSimulator
import FlowTesting
import Testing

@Suite("The machine's clock plays no part", .serialized)
struct ClockTests {
  @Test("it steps forward and back during each run, and is a year behind in the last", arguments: [1, 2, 3, 4, 5] as [UInt64])
  func steps(_ seed: UInt64) throws {
    let flow = try WholeFlow()
    let starts = [0, 40_000, -31_536_000, -31_500_000].map { WholeFlow.firstStart + .seconds($0) }
    for (number, start) in starts.enumerated() {
      let run = try flow.drive(seed: seed &+ UInt64(number), start: start, clockSteps: number < 3)
      #expect(run.isComplete, "run \(number): \(run)")
      #expect(try flow.image().data.differences(from: DatabaseImage(flow.truth)) == [], "run \(number)")
      #expect(try LedgerCheck(flow.database).seams() == [])
      #expect(try LedgerCheck(flow.database).uncovered(flow.truth) == [])
      try flow.simulator.advance(by: .seconds(11 * 3600))
    }
  }

  @Test("and while the provider fails: no wait is cut short by it", arguments: [1, 2, 3] as [UInt64])
  func stepsUnderTrouble(_ seed: UInt64) throws {
    let flow = try WholeFlow(losesAnswers: true)
    let trouble = ProviderTrouble(seed: seed, share: 0.2)
    var run = try flow.drive(seed: seed, trouble: trouble, clockSteps: true)
    for number in 1..<10 where !run.isComplete {
      run = try flow.drive(
        seed: seed &+ UInt64(number), start: WholeFlow.firstStart - .seconds(number * 5000), trouble: trouble, clockSteps: true)
    }
    #expect(run.isComplete, "\(run)")
    #expect(try flow.image().data.differences(from: DatabaseImage(flow.truth)) == [])
    #expect(trouble.askedTooEarly == [])
  }
}
