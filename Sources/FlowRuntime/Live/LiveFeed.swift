import FlowCore

/// What a run does, told to any number of readers: at once, then at intervals of the run's clock as long as there is a reader, and at its end.
///
/// Costs nothing while nobody reads. A slow reader misses updates in the middle, never the last. May be used from any thread.
package final class LiveFeed: Sendable {
  static let interval = Duration.milliseconds(500)

  private struct State: Sendable {
    var readers: [Int: AsyncStream<LiveUpdate>.Continuation] = [:]
    var nextID = 0
    var source: @Sendable () -> LiveUpdate? = { nil }
    /// Set once the run has ended.
    var last: LiveUpdate?
  }
  private let state = Locked(State())
  private let ticker: ProgressTicker

  init(time: any TimeSource) { ticker = ProgressTicker(time: time, interval: Self.interval) }

  /// - Parameter source: makes an update; nil if there is nothing to tell any more.
  func begin(_ source: @escaping @Sendable () -> LiveUpdate?) { state.withLock { $0.source = source } }

  /// Whether the last update has been told.
  package var hasEnded: Bool { state.withLock { $0.last != nil } }

  /// Updates from now on, the present one first. After the end of the run: the last one alone.
  package func subscribe() -> AsyncStream<LiveUpdate> {
    let (stream, continuation) = AsyncStream.makeStream(of: LiveUpdate.self, bufferingPolicy: .bufferingNewest(1))
    let (id, last, source) = state.withLock { state in
      state.nextID += 1
      if state.last == nil { state.readers[state.nextID] = continuation }
      return (state.nextID, state.last, state.source)
    }
    if let last {
      continuation.yield(last)
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.readers[id] = nil } }
    // After an end that came in between, this has no effect.
    if let first = source() { continuation.yield(first) }
    ticker.begin { [weak self] in self?.tick() ?? false }
    return stream
  }

  private func tick() -> Bool {
    let (readers, source) = state.withLock { (Array($0.readers.values), $0.source) }
    guard !readers.isEmpty, let update = source() else { return false }
    for reader in readers { reader.yield(update) }
    return true
  }

  /// Ends every reader's sequence with the last update.
  func finish(_ last: LiveUpdate) {
    ticker.close()
    let readers = state.withLock { state in
      state.last = last
      defer { state.readers = [:] }
      return Array(state.readers.values)
    }
    // Outside the lock: `finish` calls `onTermination`, which takes it.
    for reader in readers {
      reader.yield(last)
      reader.finish()
    }
  }
}
