import FlowCore
import FlowErrors

/// Serves taps from a board: a portion of what they keep is taken ten times a second, which limits what a tap costs a run.
struct TapSource: Sendable {
  static let interval = Duration.milliseconds(100)

  let board: TapBoard

  /// Writes what passes, until the run has ended, the task is cancelled, or `write` throws.
  /// - Parameters:
  ///   - hasEnded: nothing passes any more.
  ///   - write: returns once the lines are taken: meanwhile the tap drops what it cannot keep.
  func serve(_ target: TapTarget, time: any TimeSource, hasEnded: () -> Bool, write: ([TapLine]) async throws -> Void) async throws {
    let id = board.add(target)
    defer { board.remove(id) }
    // The first line says that the tap is there, before anything has passed.
    var told = -1
    while true {
      // Asked first: what passed before the end is still taken.
      let isLast = hasEnded()
      let (kept, dropped) = board.take(id, isLast: isLast)
      var lines = shown(kept)
      if dropped > told { lines.append(.dropped(dropped)) }
      told = dropped
      if !lines.isEmpty { try await write(lines) }
      if isLast { return }
      await time.sleep(for: Self.interval)
      if Task.isCancelled { return }
    }
  }

  private func shown(_ kept: [PassedFlowFile]) -> [TapLine] {
    // One for each participant, because it costs more than the FlowFile.
    var redactions: [[String]: Redaction] = [:]
    return kept.map { passed in
      let redaction = redactions[passed.secrets] ?? Redaction(passed.secrets)
      redactions[passed.secrets] = redaction
      return .flowFile(TappedFlowFile(passed, redaction: redaction))
    }
  }
}
