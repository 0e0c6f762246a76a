import FlowCore
import FlowEngine
import StudyModel

/// Events during a run, in order: the single stream behind log, displays of steps and provenance. Statistics (counters, journal,
/// report) do not depend on it, because a listener may lose events.
package enum RunEvent: Sendable {
  /// Categories that a listener can subscribe to.
  package enum Kind: Sendable, CaseIterable {
    /// For a user at a terminal: log lines, trouble, the time limit, and at the end bulletins and failed closing steps.
    case message
    /// Steps of FlowFiles. High volume: collected only while there is a listener.
    case flowFile
    /// Bulletins at the time processors post them.
    case bulletin
    case participant
    case errorEntry
  }

  /// A log line; `metadata` names its subject.
  case log(message: String, metadata: [String: String])
  /// A failure that stops the run.
  case trouble(StopRun)
  /// The time limit is reached: work in progress is finished, the rest is left to the next run.
  case timeLimitReached
  /// Finishing work in progress took too long; it is left to the next run.
  case cutOff
  /// Bulletins of one kind, reported at the end of the run.
  case warning(RunReport.Warning)
  /// A closing step failed. `isFatal`: the failure is in the report and makes the run a failed one.
  case closingFailed(subject: String, detail: String, isFatal: Bool)
  /// The effect of one commit on FlowFiles.
  case flowFiles([FlowFileEvent])
  /// Bulletins as posted by a processor.
  case bulletins([Bulletin])
  /// The outcome of a participant; a later event replaces an earlier one.
  case participant(String, ParticipantOutcome)
  /// An entry was written to the error folder.
  case errorEntry(participant: String?, processor: String, failure: FlowFileFailure)

  package var kind: Kind {
    switch self {
    case .log, .trouble, .timeLimitReached, .cutOff, .warning, .closingFailed: .message
    case .flowFiles: .flowFile
    case .bulletins: .bulletin
    case .participant: .participant
    case .errorEntry: .errorEntry
    }
  }
}

/// Distributes the events of one run to any number of listeners.
///
/// A slow listener loses events and gets their number; it never slows the run down. May be used from any thread.
package final class RunEvents: Sendable {
  /// An event, with the number of events lost just before it.
  package struct Delivery: Sendable {
    package var event: RunEvent
    package var lost: Int
  }
  private struct Listener: Sendable {
    var kinds: Set<RunEvent.Kind>
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

  /// Subscribes to events from now on; the sequence ends with the run.
  /// - Parameters:
  ///   - kinds: the categories to receive.
  ///   - buffer: maximum number of waiting events, at least 1.
  ///   - isWanted: filters events of these categories. Called under a lock: it must be fast and must not use this
  ///     object.
  package func listen(
    to kinds: Set<RunEvent.Kind> = [.message], buffer: Int = 1024, where isWanted: @escaping @Sendable (RunEvent) -> Bool = { _ in true }
  ) -> AsyncStream<Delivery> {
    precondition(buffer > 0, "a listener needs room for at least one event")
    let (stream, continuation) = AsyncStream.makeStream(of: Delivery.self, bufferingPolicy: .bufferingOldest(buffer))
    let added = state.withLock { state -> Int? in
      guard !state.hasEnded else { return nil }
      state.nextID += 1
      state.listeners[state.nextID] = Listener(kinds: kinds, isWanted: isWanted, continuation: continuation)
      return state.nextID
    }
    guard let added else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[added] = nil } }
    return stream
  }

  /// Whether any listener subscribes to the category.
  package func isWanted(_ kind: RunEvent.Kind) -> Bool { state.withLock { $0.listeners.values.contains { $0.kinds.contains(kind) } } }

  package func post(_ event: RunEvent) {
    state.withLock { state in
      // Under the lock, so that every listener receives the events in the same order.
      for (id, listener) in state.listeners where listener.kinds.contains(event.kind) && listener.isWanted(event) {
        if case .enqueued = listener.continuation.yield(Delivery(event: event, lost: listener.lost)) {
          state.listeners[id]?.lost = 0
        } else {
          state.listeners[id]?.lost += 1
        }
      }
    }
  }

  /// Ends every listener's sequence after its waiting events.
  package func finish() {
    let listeners = state.withLock { state in
      state.hasEnded = true
      defer { state.listeners = [:] }
      return state.listeners.values.map(\.continuation)
    }
    // Outside the lock, because `finish` calls `onTermination`, which takes it.
    for listener in listeners { listener.finish() }
  }
}
