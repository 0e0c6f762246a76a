import FlowTesting
import Testing

@Suite("The shipped flow on one thread", .serialized)
struct DeterminismTests {
  /// Columns of the ledger for writer and time, which depend on the order of events.
  private static let volatile: Set = ["run", "flowfile", "fetched_at"]

  @Test("one seed produces one order of events and one database, fifty times", .timeLimit(.minutes(5)))
  func sameSeed() throws {
    let first = try Self.run(seed: 7)
    let image = try first.flow.image()
    #expect(first.events.count > 150)
    for _ in 1..<50 {
      let next = try Self.run(seed: 7)
      #expect(next.events == first.events)
      #expect(try next.flow.image().differences(from: image) == [])
    }
  }

  @Test("other seeds give other orders and the same rows, which are true", .timeLimit(.minutes(5)))
  func otherSeeds() throws {
    let runs = try (1...8).map { try Self.run(seed: $0) }
    #expect(Set(runs.map(\.events)).count == runs.count)
    let lasting = try runs[0].flow.image(leavingOut: Self.volatile)
    #expect(lasting.data.differences(from: DatabaseImage(runs[0].flow.truth)) == [])
    for run in runs { #expect(try run.flow.image(leavingOut: Self.volatile).differences(from: lasting) == []) }
  }

  private struct Run {
    var flow: WholeFlow
    var events: [String]
  }

  private static func run(seed: UInt64) throws -> Run {
    let flow = try WholeFlow()
    let run = try flow.drive(seed: seed)
    try #require(run.isComplete, "\(run)")
    return Run(flow: flow, events: run.log.lines)
  }
}
