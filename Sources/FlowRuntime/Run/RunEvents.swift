import FlowCore
import FlowEngine
import StudyModel

/// What a run tells while it goes on, in the order in which it happens.
package enum RunEvent: Sendable {
  /// A line for the log. `metadata` names what it speaks of.
  case log(message: String, metadata: [String: String])
  /// Trouble that stops the run.
  case trouble(StopRun)
  /// The time limit is reached: what is under way is ended, the rest is left to the next run.
  case timeLimitReached
  /// Ending what was under way took too long: it is left to the next run.
  case cutOff
  /// Bulletins of one kind, at the end of the run.
  case bulletin(RunReport.Warning)
  /// A step that ends the run failed. `isFatal`: the report says so, and the run has failed by it.
  case closingFailed(subject: String, detail: String, isFatal: Bool)
}

/// The events of one run, for any number of listeners.
///
/// A listener that does not keep up loses events and is told how many; it never slows the run down. May be used from any thread.
package final class RunEvents: Sendable {
  /// An event, and how many were lost between it and the one before.
  package struct Delivery: Sendable {
    package var event: RunEvent
    package var lost: Int
  }
  private struct Listener: Sendable {
    var isWanted: @Sendable (RunEvent) -> Bool
    var continuation: AsyncStream<Delivery>.Continuation
    var lost = 0
  }
  private struct State: Sendable {
    var listeners: [Int: Listener] = [:]
    var nextID = 0
    var hasEnded = false
  }
  private let state = Locked(State())

  package init() {}

  /// The events from now on; the sequence ends with the run.
  /// - Parameters:
  ///   - buffer: how many may wait for the listener. From 1 on.
  ///   - isWanted: called for each event, under a lock: it must be quick, and must not use these events.
  package func listen(buffer: Int = 1024, where isWanted: @escaping @Sendable (RunEvent) -> Bool = { _ in true }) -> AsyncStream<Delivery> {
    precondition(buffer > 0, "a listener needs room for one event at least")
    let (stream, continuation) = AsyncStream.makeStream(of: Delivery.self, bufferingPolicy: .bufferingOldest(buffer))
    let id: Int? = state.withLock { state in
      guard !state.hasEnded else { return nil }
      state.nextID += 1
      state.listeners[state.nextID] = Listener(isWanted: isWanted, continuation: continuation)
      return state.nextID
    }
    guard let id else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[id] = nil } }
    return stream
  }

  package func post(_ event: RunEvent) {
    state.withLock { state in
      for (id, listener) in state.listeners where listener.isWanted(event) {
        if case .enqueued = listener.continuation.yield(Delivery(event: event, lost: listener.lost)) {
          state.listeners[id]?.lost = 0
        } else {
          state.listeners[id]?.lost += 1
        }
      }
    }
  }

  /// Ends every listener's sequence, once it has taken what waits for it.
  package func finish() {
    let listeners = state.withLock { state in
      state.hasEnded = true
      defer { state.listeners = [:] }
      return state.listeners.values.map(\.continuation)
    }
    for listener in listeners { listener.finish() }
  }
}
