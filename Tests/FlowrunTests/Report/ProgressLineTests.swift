import FlowCore
import StudyModel
@testable import FlowEngine
@testable import FlowRuntime
@testable import flowrun
import Testing

@Suite("The progress line")
struct ProgressLineTests {
  private func snapshot(isStopping: Bool) -> FlowSnapshot {
    var flowfiles = RunReport.FlowFiles()
    flowfiles.created = 10
    flowfiles.finished = 4
    flowfiles.inErrors = 2
    return FlowSnapshot(flowfiles: flowfiles, processors: [], queues: [], running: [], isStopping: isStopping, openLineageCount: 0)
  }

  @Test("failed participants are done, too; deferred ones are not")
  func participants() {
    let register = ParticipantRegister()
    for name in ["a", "b", "c"] { register.expect(name) }
    register.record("a", .complete)
    register.record("b", .deferred)
    #expect(register.progress.done == 2 && register.progress.total == 3)
    #expect(register["c"] == .deferred)
    let line = ProgressLine.text(
      flow: "fitbit", elapsed: .seconds(65), snapshot(isStopping: false), participants: register.progress, stopReason: nil)
    #expect(line == "fitbit  1:05  participants 2/3  FlowFiles 6/10  in errors 2")
  }

  @Test("a run that stops says so, and why")
  func stopping() {
    let line = ProgressLine.text(
      flow: "fitbit", elapsed: .zero, snapshot(isStopping: true), participants: (0, 0), stopReason: "the provider is gone\nfor good")
    #expect(line == "fitbit  0:00  stopping (the provider is gone)  FlowFiles 6/10  in errors 2")
  }
}
