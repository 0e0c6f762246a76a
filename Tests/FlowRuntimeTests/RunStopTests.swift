import FlowCore
import FlowRuntime
import StudyModel
import Testing

@Suite("Stopping a run through its handle")
struct RunStopTests {
  @Test("before the flow runs, either stop abandons preparation; the first signal determines the error", arguments: [false, true])
  func before(_ isImmediate: Bool) async throws {
    let run = try HelloFlow().run
    if isImmediate { run.stopNow(signal: 2) } else { run.stop(signal: 2) }
    run.stop()
    run.stopNow()
    run.start()
    await #expect(throws: StopRun(bySignal: 2)) { try await run.result }
    #expect(run.flowResult == nil)
  }

  @Test("stop() drains, however often it is called")
  func drains() async throws {
    let flow = try HelloFlow()
    flow.atFirstFile { for _ in 0..<3 { flow.run.stop() } }
    let report = try await flow.run.run()
    #expect(report.exit == 143 && report.status == .partial)
    #expect(report.flowfiles.finished == 5 && report.flowfiles.abandoned == 0)
    #expect(try flow.files.count == 5)
  }

  @Test("stopNow() abandons what is queued, with or without a stop() before it", arguments: [false, true])
  func abandons(_ drainsFirst: Bool) async throws {
    let flow = try HelloFlow()
    flow.atFirstFile {
      if drainsFirst { flow.run.stop(signal: 2) }
      flow.run.stopNow()
    }
    let report = try await flow.run.run()
    #expect(report.exit == (drainsFirst ? 130 : 143) && report.status == .partial)
    #expect(report.flowfiles.isBalanced && report.flowfiles.abandoned > 0)
  }
}
