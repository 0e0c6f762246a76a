import FlowCore

/// How many readers have their turn while a run is under way: pure decisions.
///
/// One at a time, and after each turn a pause in proportion to its length: whatever pages cost, readers take at most `share` of one processor. The
/// length is that of the clock, so that a busy machine counts against the readers, not against the run.
struct ReadingPace: Sendable {
  /// Of one processor.
  static let share = 0.15
  /// Nobody waits longer than about this; whoever would is asked to come again.
  static let patience = Duration.seconds(20)
  /// The same for what many readers have together: only one of them waits.
  static let sharedPatience = Duration.seconds(60)
  /// A single long turn must not keep everybody waiting.
  static let longestRest = Duration.seconds(5)

  enum Answer: Equatable {
    /// A turn of its own, without a limit: no run is under way.
    case free
    /// It is the only one now: `finish` must follow.
    case now
    case wait
    /// Too many wait.
    case refuse
  }

  private(set) var isTaken = false
  private(set) var waiting = 0
  /// What a turn has taken on average, the latest ones most.
  private(set) var usual = Duration.milliseconds(5)

  mutating func arrive(isRunUnderWay: Bool, patience: Duration = patience) -> Answer {
    guard isTaken || isRunUnderWay else { return .free }
    guard isTaken else {
      isTaken = true
      return .now
    }
    guard usual * (Double(waiting + 1) / Self.share) <= patience else { return .refuse }
    waiting += 1
    return .wait
  }

  /// A turn has ended. Returns how long the machine is left to the run before `next`.
  mutating func finish(after length: Duration, isRunUnderWay: Bool) -> Duration {
    usual = (usual * 7 + length) / 8
    return isRunUnderWay ? min(length * (1 / Self.share - 1), Self.longestRest) : .zero
  }

  /// The rest is over. Returns whether somebody who waits has the turn now.
  mutating func next() -> Bool {
    guard waiting > 0 else {
      isTaken = false
      return false
    }
    waiting -= 1
    return true
  }
}
