import FlowCore

/// The requests of a processor that are under way. Each trigger sends one at any time; further ones of its FlowFile only
/// while there are fewer than the processor's concurrency, so that FlowFiles with many requests do not multiply what is
/// under way. It is less than twice the concurrency: triggers that begin meanwhile do not wait.
final class RequestSlots: Sendable {
  private let limit: Int
  private let taken = Locked(0)

  init(limit: Int) { self.limit = limit }

  func take() { taken.withLock { $0 += 1 } }
  func takeIfFree() -> Bool {
    taken.withLock { taken in
      guard taken < limit else { return false }
      taken += 1
      return true
    }
  }
  func giveBack() { taken.withLock { $0 -= 1 } }
}
