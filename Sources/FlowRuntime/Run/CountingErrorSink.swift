import FlowCore

/// Passes entries on to the error folder and remembers what failed in this run, and where.
package final class CountingErrorSink: ErrorSink {
  package struct Failure: Sendable {
    package var participant: String?
    package var processor: String
    package var cause: Cause
  }
  private let sink: any ErrorSink
  private let recorded = Locked<[Failure]>([])

  package init(_ sink: any ErrorSink) { self.sink = sink }

  package func write(_ entry: ErrorEntry) async throws {
    try await sink.write(entry)
    let failure = Failure(
      participant: entry.flowFile[AttributeName.participant], processor: entry.processor, cause: entry.failure.cause)
    recorded.withLock { $0.append(failure) }
  }
  package var failures: [Failure] { recorded.withLock { $0 } }
}
