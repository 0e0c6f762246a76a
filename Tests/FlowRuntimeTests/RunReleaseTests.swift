import FlowRuntime
import FlowTesting
import StudyModel
import Testing

/// A server makes a run every night for years: what one of them left open would be the end of it.
@Suite("A run that has ended")
struct RunReleaseTests {
  @Test("is released with all that it had open")
  func released() async throws {
    let study = try await CollectedStudy()
    weak var last: Run?
    for number in 0..<2 {
      let run = Run(RunRequest(graph: study.graph, errors: study.errors, state: study.folder.path("state")), on: study.machine)
      last = run
      run.start()
      #expect(try await run.result.exit == 0, "run \(number)")
    }
    try await expectNothingOpen(of: study) { last }
  }

  /// Its last tasks may still be about to end.
  private func expectNothingOpen(of study: CollectedStudy, _ run: () -> Run?) async throws {
    for _ in 0..<10_000 {
      if run() == nil, try OpenDescriptors.paths(below: study.folder.path).isEmpty { return }
      await Task.yield()
    }
    #expect(run() == nil)
    #expect(try OpenDescriptors.paths(below: study.folder.path) == [])
  }

  @Test("without having begun, because its flow cannot run, is released too")
  func refused() async throws {
    let study = try await CollectedStudy()
    weak var last: Run?
    do {
      let run = Run(
        RunRequest(graph: study.graph, errors: study.errors, state: study.folder.path("state"), selection: ParticipantSelection(patterns: ["nobody"])), on: study.machine)
      last = run
      run.start()
      await #expect(throws: (any Error).self) { try await run.result }
    }
    try await expectNothingOpen(of: study) { last }
  }
}
