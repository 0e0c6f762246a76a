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

  init(_ sink: any ErrorSink) { self.sink = sink }

  func write(_ entry: ErrorEntry) async throws {
    try await sink.write(entry)
    let failure = Failure(
      participant: entry.flowFile[AttributeName.participant], processor: entry.processor, cause: entry.failure.cause)
    recorded.withLock { $0.append(failure) }
  }
  var failures: [Failure] { recorded.withLock { $0 } }
}
