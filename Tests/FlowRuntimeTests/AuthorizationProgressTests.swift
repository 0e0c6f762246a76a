import FlowCore
import Testing

@testable import FlowRuntime

@Suite("The effect of a signal on an authorization depends on its progress")
struct AuthorizationProgressTests {
  @Test("the first signal acts, a second one changes nothing", arguments: [
    (AuthorizationProgress.Stage.preparing, AuthorizationProgress.Action.none), (.waiting, .endWait), (.exchanging, .endRepeats),
  ])
  func actions(stage: AuthorizationProgress.Stage, action: AuthorizationProgress.Action) throws {
    var progress = AuthorizationProgress()
    try progress.enter(stage)
    #expect(progress.stop(by: 15) == action)
    #expect(progress.stop(by: 2) == .none)
    #expect(progress.early?.reason == .signalled(15))
  }

  @Test("no stage is entered after a signal")
  func entering() {
    var progress = AuthorizationProgress()
    _ = progress.stop(by: 2)
    #expect(throws: StopRun(bySignal: 2)) { try progress.enter(.waiting) }
    #expect(progress.stage == .preparing)
  }
}
