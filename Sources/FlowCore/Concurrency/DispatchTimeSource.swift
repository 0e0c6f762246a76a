import Dispatch

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The machine's clocks, with timers on Dispatch.
package struct DispatchTimeSource: TimeSource {
  private let queue = DispatchQueue(label: "flowrun.timers", attributes: .concurrent)

  package init() {}

  package var now: Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  package var monotonic: Duration {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
  }

  package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    // Dispatch cannot cancel `asyncAfter`: cancelling drops the action, and the timer then fires without effect.
    let pending = Locked<(@Sendable () -> Void)?>(action)
    queue.asyncAfter(deadline: .now() + .nanoseconds(Int(max(delay, .zero).wholeNanoseconds))) {
      // Taken under the lock but called outside of it, because the action may schedule or cancel timers.
      pending.withLock { pending in
        defer { pending = nil }
        return pending
      }?()
    }
    return ScheduledAction { pending.withLock { $0 = nil } }
  }
}
