import FlowCore
import FlowTesting

/// A wall clock that is set forward and back by up to three days every few reads; the monotonic clock continues.
final class SteppingTime: TimeSource {
  private let base: ManualTime
  private let dice: SeededRandomSource
  private let offset = Locked<Duration>(.zero)

  init(_ base: ManualTime, seed: UInt64) {
    self.base = base
    dice = SeededRandomSource(seed: seed ^ 0xC10C)
  }

  var now: Instant {
    if dice.next() % 5 == 0 {
      let seconds = Int64(dice.next() % 518_400) - 259_200
      offset.withLock { $0 = .seconds(seconds) }
    }
    return base.now + offset.withLock { $0 }
  }
  var monotonic: Duration { base.monotonic }
  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    base.schedule(after: delay, action)
  }
}
