import FlowCore
import StudyModel

/// Forwards entries to the error folder and records the failures of this run.
final class CountingErrorSink: ErrorSink {
  struct Failure: Sendable {
    var participant: String?
    var processor: String
    var cause: Cause
  }
  private let sink: any ErrorSink
  private let recorded = Locked<[Failure]>([])

  private let commitBarrier: CommitBarrier

  init(_ sink: any ErrorSink, commitBarrier: CommitBarrier) {
    self.sink = sink
    self.commitBarrier = commitBarrier
  }

  func write(_ entry: ErrorEntry) async throws {
    // An entry outlasts a power cut: a replay may make rows of the response that it names.
    try await commitBarrier.pass([entry.flowFile])
    try await sink.write(entry)
    let failure = Failure(
      participant: entry.flowFile[AttributeName.participant], processor: entry.processor, cause: entry.failure.cause)
    recorded.withLock { $0.append(failure) }
  }
  var failures: [Failure] { recorded.withLock { $0 } }
}
