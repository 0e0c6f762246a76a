import Dispatch

/// A value confined to one serial DispatchQueue, for I/O and for libraries that allow only one thread at a time.
///
/// Bodies and results are Sendable but the value is not, so no part of it can leave the queue. Calling `run` from the
/// queue itself would deadlock; `dispatchPrecondition` turns that into a crash at a clear place.
///
/// Unchecked because the compiler cannot see that `value` is only accessed on `queue`.
package final class QueueConfined<Value>: @unchecked Sendable {
  private var value: Value
  package let queue: DispatchQueue

  package init(label: String, _ value: sending Value) {
    self.value = value
    queue = DispatchQueue(label: label)
  }

  /// Runs `body` on the queue and returns its result to the caller's executor. Does not block a thread meanwhile.
  package func run<Result: Sendable>(
    _ body: @escaping @Sendable (inout Value) throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Swift.Result { try body(&self.value) }) }
    }
  }

  /// Runs `body` asynchronously on the queue, after everything submitted before it.
  package func submit(_ body: @escaping @Sendable (inout Value) -> Void) {
    queue.async { body(&self.value) }
  }

  /// Passes the value to code that already runs on the queue (an event handler of a source that targets it).
  package func onQueue<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    dispatchPrecondition(condition: .onQueue(queue))
    return try body(&value)
  }
}
