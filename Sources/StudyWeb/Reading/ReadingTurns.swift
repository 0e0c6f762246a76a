import FlowCore
import HTTPTypes

/// Has readers wait for their turn while a run of this machine is under way; otherwise nobody waits. May be used from any task.
final class ReadingTurns: Sendable {
  private struct State {
    var pace = ReadingPace()
    var waiting: [CheckedContinuation<ReadingPace.Answer, Never>] = []
    /// As the latest reader has seen it.
    var isRunUnderWay = false
  }

  private let desk: any RunDesk
  private let time: any TimeSource
  private let look: SharedLook<Bool, Bool>
  private let state = Locked(State())

  init(desk: any RunDesk, time: any TimeSource) {
    self.desk = desk
    self.time = time
    look = SharedLook(lifetime: .seconds(1), time: time)
  }

  /// How many readers wait.
  var waitingCount: Int { state.withLock { $0.waiting.count } }

  /// As of a second ago at most.
  func isRunUnderWay() async throws -> Bool { try await look.value(true) { [desk] in await !desk.active().isEmpty } }

  /// Makes an answer when it is its turn. `body` must not ask for another turn.
  /// - Parameter isShared: many readers have the answer together.
  /// - Throws: a `WebProblem` (503) if too many wait, and what `body` throws.
  func turn<Result>(isShared: Bool = false, _ body: () async throws -> Result) async throws -> Result {
    let answer = await begin(isRunUnderWay: try await isRunUnderWay(), patience: isShared ? ReadingPace.sharedPatience : ReadingPace.patience)
    guard answer != .free else { return try await body() }
    guard answer != .refuse else {
      throw WebProblem(
        .serviceUnavailable, "a run is under way, and too many readers wait for their turn; try again in a moment", headers: [.retryAfter: "10"])
    }
    let begin = time.monotonic
    defer { finish(after: time.monotonic - begin) }
    return try await body()
  }

  /// Never `wait`: returns when the turn has come.
  private func begin(isRunUnderWay: Bool, patience: Duration) async -> ReadingPace.Answer {
    await withCheckedContinuation { continuation in
      let answer: ReadingPace.Answer? = state.withLock { state in
        state.isRunUnderWay = isRunUnderWay
        let answer = state.pace.arrive(isRunUnderWay: isRunUnderWay, patience: patience)
        guard answer == .wait else { return answer }
        state.waiting.append(continuation)
        return nil
      }
      if let answer { continuation.resume(returning: answer) }
    }
  }

  private func finish(after length: Duration) {
    let rest = state.withLock { $0.pace.finish(after: length, isRunUnderWay: $0.isRunUnderWay) }
    guard rest > .zero else { return next() }
    _ = time.schedule(after: rest) { [self] in next() }
  }

  private func next() {
    let continuation = state.withLock { state in state.pace.next() ? state.waiting.removeFirst() : nil }
    continuation?.resume(returning: .now)
  }
}
