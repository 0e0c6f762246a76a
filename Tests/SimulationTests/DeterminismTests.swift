import FlowTesting
import Testing

@Suite("The shipped flow on one thread", .serialized)
struct DeterminismTests {
  /// Of the ledger: who wrote it and when. The order of things decides on them.
  private static let volatile: Set = ["run", "flowfile", "fetched_at"]

  @Test("one seed gives one order of events and one database, fifty times", .timeLimit(.minutes(5)))
  func sameSeed() throws {
    let first = try Self.run(seed: 7)
    #expect(first.events.count > 150)
    for _ in 1..<50 {
      let next = try Self.run(seed: 7)
      #expect(next.events == first.events)
      #expect(next.image.differences(from: first.image) == [])
    }
  }

  @Test("other seeds give other orders and the same rows, which are true", .timeLimit(.minutes(5)))
  func otherSeeds() throws {
    let runs = try (1...8).map { try Self.run(seed: $0) }
    #expect(Set(runs.map(\.events)).count == runs.count)
    for run in runs {
      #expect(run.lasting.differences(from: runs[0].lasting) == [])
      #expect(run.image.data.differences(from: run.truth) == [])
    }
  }

  private struct Run {
    var events: [String]
    var image: DatabaseImage
    /// What does not depend on the order of things.
    var lasting: DatabaseImage
    var truth: DatabaseImage
  }

  private static func run(seed: UInt64) throws -> Run {
    let flow = try WholeFlow()
    let run = try flow.drive(seed: seed)
    try #require(run.isComplete, "\(run)")
    return Run(
      events: run.log.lines, image: try flow.image(), lasting: try flow.image(leavingOut: volatile),
      truth: DatabaseImage(flow.truth))
  }
}
