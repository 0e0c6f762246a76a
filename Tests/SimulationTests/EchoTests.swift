import FlowCore
import FlowEngine
import FlowSimulator
import FlowTesting
import Foundation
import Testing

/// Seeds 1 to 4; `Seeds` says how to choose others.
@Suite("A provider that repeats what it was sent", .serialized)
struct EchoTests {
  @Test("no token is found anywhere but in participant files, however answers echo it", .timeLimit(.minutes(180)))
  func noSecretLeaves() throws {
    var count = 0
    for seed in Self.seeds {
      let again: Comment = "again with: FLOWRUN_SEED=\(seed) swift test --filter SimulationTests.EchoTests"
      let flow = try WholeFlow(flow: WholeFlow.shipped[Int(seed % UInt64(WholeFlow.shipped.count))], losesAnswers: true)
      let trouble = ProviderTrouble(seed: seed, ProviderTrouble.echoes + [.answerLost], share: 0.4)
      var start = WholeFlow.firstStart
      var told: [String] = []
      for number in 0..<3 {
        let run = try flow.drive(seed: seed &+ UInt64(number), start: start, trouble: trouble)
        told += run.lines + ["\(run)"] + (run.result?.bulletins.flatMap(\.details) ?? [])
        start = run.ended + .seconds(60)
        try flow.simulator.advance(by: .seconds(9 * 3600))
      }
      let secrets = try SecretSearch(flow.simulator.tokensEverIssued())
      #expect(secrets.places(in: Data(told.joined(separator: "\n").utf8)) == [], "what was told; \(again)")
      let found = try secrets.files(below: flow.folder.path) { $0.hasPrefix("participants/") && $0.hasSuffix(".json") }
      #expect(found == [], again)
      count += trouble.count
    }
    #expect(count > 5 * Self.seeds.count, "most of it is echoes")
  }

  private static let seeds = Seeds.chosen(usual: 4)
}
