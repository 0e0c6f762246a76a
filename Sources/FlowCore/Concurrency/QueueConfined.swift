import Dispatch

/// A value that only one serial DispatchQueue may touch: for what does I/O or must be used by one thread at a time.
///
/// Bodies and results are Sendable, the value is not: nothing of it can leave the queue. Calling `run` from the queue itself would wait
/// for itself for ever; `dispatchPrecondition` turns that into a crash with a clear place instead.
///
/// Unchecked because the compiler cannot see that `value` is touched only on `queue`.
package final class QueueConfined<Value>: @unchecked Sendable {
  private var value: Value
  package let queue: DispatchQueue

  package init(label: String, _ value: sending Value) {
    self.value = value
    queue = DispatchQueue(label: label)
  }

  /// Runs `body` on the queue and returns its result to the caller's executor. Does not block a thread while it waits.
  package func run<Result: Sendable>(
    _ body: @escaping @Sendable (inout Value) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body(&self.value) }) }
    }
  }

  /// Runs `body` on the queue some time later, after everything submitted before it.
  package func submit(_ body: @escaping @Sendable (inout Value) -> Void) {
    queue.async { body(&self.value) }
  }

  /// Gives the value to code that already runs on the queue (an event handler of a source that targets it).
  package func onQueue<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    dispatchPrecondition(condition: .onQueue(queue))
    return try body(&value)
  }
}
