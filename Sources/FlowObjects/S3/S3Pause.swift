import FlowCore

/// One wait between two attempts. It ends early if the task that waits is cancelled.
final class S3Pause: Sendable {
  private struct State {
    var isOver = false
    var continuation: CheckedContinuation<Void, Never>?

    mutating func begin(_ continuation: CheckedContinuation<Void, Never>) -> Bool {
      if !isOver { self.continuation = continuation }
      return !isOver
    }
    mutating func end() -> CheckedContinuation<Void, Never>? {
      isOver = true
      defer { continuation = nil }
      return continuation
    }
  }
  private let state = Locked(State())
  private let time: any TimeSource

  init(_ time: any TimeSource) { self.time = time }

  func run(_ delay: Duration) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        guard state.withLock({ $0.begin(continuation) }) else { return continuation.resume() }
        _ = time.schedule(after: delay) { self.end() }
      }
    } onCancel: {
      end()
    }
  }

  private func end() { state.withLock { $0.end() }?.resume() }
}
