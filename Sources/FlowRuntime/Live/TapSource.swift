import FlowCore
import NIOCore

/// Serves taps from a board: what they have kept is taken ten times a second, which limits what a tap costs a run.
struct TapSource: Sendable {
  static let interval = Duration.milliseconds(100)

  let board: TapBoard
  /// What must not be shown of a participant's FlowFiles.
  let secrets: @Sendable (_ participant: String?) -> [String]

  init(board: TapBoard, secrets: @escaping @Sendable (_ participant: String?) -> [String]) {
    self.board = board
    self.secrets = secrets
  }

  /// Writes what passes, until the run has ended, the task is cancelled, or `write` throws.
  /// - Parameters:
  ///   - hasEnded: nothing passes any more.
  ///   - write: returns once the lines are taken: meanwhile the tap drops what it cannot keep.
  func serve(_ target: TapTarget, time: any TimeSource, hasEnded: () -> Bool, write: ([TapLine]) async throws -> Void) async throws {
    let id = board.add(target)
    defer { board.remove(id) }
    var told = 0
    while true {
      // Asked first: what passed before the end is still taken.
      let isLast = hasEnded()
      let (kept, dropped) = board.take(id)
      var lines = kept.map { TapLine.flowFile(TappedFlowFile($0, secrets: secrets)) }
      if dropped > told { lines.append(.dropped(dropped)) }
      told = dropped
      if !lines.isEmpty { try await write(lines) }
      if isLast { return }
      await time.sleep(for: Self.interval)
      if Task.isCancelled { return }
    }
  }
}
