import FlowCore

/// A lane without a thread. With a `ManualExecutor` each body is a job of that executor; without an executor it runs at
/// once, or after the one that another task runs.
///
/// Bodies run in the order given, as the protocol requires, whatever order the executor picks jobs in.
package final class InlineLane: Lane {
  private let executor: (any TaskExecutor)?
  private let waiting = Locked<[@Sendable () -> Void]>([])
  /// Held while a body runs.
  private let turn = Locked(0) // Not `()`: ThreadSanitizer takes an access to a value without size for one to what lies behind it.

  package init(executor: (any TaskExecutor)? = nil) { self.executor = executor }

  package func run<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    guard let executor else { return try turn.withLock { _ in try body() } }
    return try await withCheckedThrowingContinuation { continuation in
      waiting.withLock { $0.append { continuation.resume(with: Swift.Result { try body() }) } }
      // Each job runs the body that has waited longest rather than its own: the seed affects the time but not the
      // order.
      Task(executorPreference: executor) { self.waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }?() }
    }
  }
}
