import FlowCore
import FlowEngine
import StudyModel

/// What a run tells while it goes on, in the order in which it happens: the one stream that log, progress, provenance and whoever watches
/// a run listen to. The books (counters, journal, report) are kept by the run itself, since a listener may lose events.
package enum RunEvent: Sendable {
  /// Which events a listener wants.
  package enum Kind: Sendable, CaseIterable {
    /// What somebody at a terminal waits to know: log lines, trouble, time limit, and at the end bulletins and failed steps.
    case message
    /// Steps of FlowFiles. Many: they are gathered only while somebody listens.
    case flowFile
    /// Bulletins as processors post them.
    case bulletin
    case participant
    case errorEntry
  }

  /// A line for the log. `metadata` names what it speaks of.
  case log(message: String, metadata: [String: String])
  /// Trouble that stops the run.
  case trouble(StopRun)
  /// The time limit is reached: what is under way is ended, the rest is left to the next run.
  case timeLimitReached
  /// Ending what was under way took too long: it is left to the next run.
  case cutOff
  /// Bulletins of one kind, at the end of the run.
  case warning(RunReport.Warning)
  /// A step that ends the run failed. `isFatal`: the report says so, and the run has failed by it.
  case closingFailed(subject: String, detail: String, isFatal: Bool)
  /// What one commit did to FlowFiles.
  case flowFiles([FlowFileEvent])
  /// As a processor posted them.
  case bulletins([Bulletin])
  /// What became of a participant; a later event replaces an earlier one.
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

  /// The events from now on; the sequence ends with the run.
  /// - Parameters:
  ///   - kinds: only these are heard.
  ///   - buffer: how many may wait for the listener. From 1 on.
  ///   - isWanted: called for each event of these kinds, under a lock: it must be quick, and must not use these events.
  package func listen(
    to kinds: Set<RunEvent.Kind> = [.message], buffer: Int = 1024, where isWanted: @escaping @Sendable (RunEvent) -> Bool = { _ in true }
  ) -> AsyncStream<Delivery> {
    precondition(buffer > 0, "a listener needs room for one event at least")
    let (stream, continuation) = AsyncStream.makeStream(of: Delivery.self, bufferingPolicy: .bufferingOldest(buffer))
    let id: Int? = state.withLock { state in
      guard !state.hasEnded else { return nil }
      state.nextID += 1
      state.listeners[state.nextID] = Listener(kinds: kinds, isWanted: isWanted, continuation: continuation)
      return state.nextID
    }
    guard let id else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[id] = nil } }
    return stream
  }

  /// Somebody listens to events of the kind.
  package func isWanted(_ kind: RunEvent.Kind) -> Bool { state.withLock { $0.listeners.values.contains { $0.kinds.contains(kind) } } }

  package func post(_ event: RunEvent) {
    state.withLock { state in
      for (id, listener) in state.listeners where listener.kinds.contains(event.kind) && listener.isWanted(event) {
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
