import FlowCore
import StudyModel
import FlowRuntime
@testable import flowrun
import Testing

@Suite("The progress line")
struct ProgressLineTests {
  private var progress: RunProgress {
    var progress = RunProgress()
    progress.flowfiles.created = 10
    progress.flowfiles.finished = 4
    progress.flowfiles.inErrors = 2
    return progress
  }

  @Test("failed participants are done, too; deferred ones are not")
  func participants() {
    let register = ParticipantRegister()
    for name in ["a", "b", "c"] { register.expect(name) }
    register.record("a", .complete)
    register.record("b", .deferred)
    #expect(register.progress.done == 2 && register.progress.total == 3)
    #expect(register["c"] == .deferred)
    var progress = self.progress
    progress.elapsed = .seconds(65)
    (progress.participantsDone, progress.participantsTotal) = register.progress
    let line = ProgressLine.text(flow: "fitbit", progress)
    #expect(line == "fitbit  1:05  participants 2/3  FlowFiles 6/10  in errors 2")
  }

  @Test("a run that stops says so, and why")
  func stopping() {
    var progress = self.progress
    progress.isStopping = true
    progress.stopReason = "the provider is gone\nfor good"
    let line = ProgressLine.text(flow: "fitbit", progress)
    #expect(line == "fitbit  0:00  stopping (the provider is gone)  FlowFiles 6/10  in errors 2")
  }
}
