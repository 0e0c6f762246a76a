import FlowCore
import FlowEngine
import FlowTesting
import StudyModel
import Testing

@Suite("The shipped flow and a provider that refuses the whole client", .serialized)
struct ClientTroubleTests {
  @Test(
    "it is asked a handful of times, whether tokens are still answered or not; nobody is to blame, nothing is lost",
    arguments: [ProviderTrouble.Kind.gone, .serviceDisabled, .invalidClient], [false, true])
  func handful(_ kind: ProviderTrouble.Kind, sparesTokens: Bool) async throws {
    let flow = try WholeFlow(participants: 40, flow: kind == .serviceDisabled ? WholeFlow.shipped[WholeFlow.shipped.count - 1] : WholeFlow.shipped[0])
    let trouble = ProviderTrouble(seed: 1, [kind], share: 1, sparesTokens: sparesTokens)
    let refused = try flow.drive(seed: 3, trouble: trouble)
    #expect(refused.result?.stopped?.reason == .unavailable, "\(refused)")
    #expect(trouble.count <= 6, "asked \(trouble.count) times")
    #expect(refused.result?.errorEntries == 0, "\(refused)")
    #expect(refused.result?.flowfiles.isBalanced == true)
    let lost = try await flow.lostTokens()
    #expect(lost == [])
  }
}
