import FlowCore

/// Decides which trouble befalls a request.
///
/// The decision depends on the seed, the request (participant and path) and how often that same request was made before, and not on
/// what other requests came in between: with many in flight, one seed still gives one outcome. A repeated request throws again.
final class FaultDice: Sendable {
  private let faults: [Fault]
  private let dice: SeededDice
  private let occurrences = Locked<[Int: Int]>([:])

  /// What befalls one request.
  struct Trouble: Sendable, Equatable {
    var delayMilliseconds = 0
    var kind: Fault.Kind?
    /// Even bits for the details, such as where to cut.
    var detail = 0
  }

  /// - Parameter boot: how often this simulated world was started: a request that failed in one process may pass in the next.
  init(_ faults: [Fault], seed: UInt64, boot: Int) {
    self.faults = faults
    dice = SeededDice(seed: seed).fork(Purpose.faults).fork(boot)
  }

  var isEmpty: Bool { faults.isEmpty }

  /// What befalls a request; of several faults that would strike it, the first named.
  /// - Parameter key: the request without its tokens.
  func trouble(for key: String, isTokenRequest: Bool) -> Trouble {
    let hash = stableHash(key)
    let occurrence = occurrences.withLock { counts in
      let count = counts[hash, default: 0]
      counts[hash] = count + 1
      return count
    }
    let throwOfDice = dice.fork(hash).fork(occurrence)
    var trouble = Trouble(detail: Int(throwOfDice.roll(-1) >> 32))
    for (index, fault) in faults.enumerated()
    where fault.applies(toToken: isTokenRequest) && throwOfDice.happens(fault.share, at: index) {
      if case .slow(let milliseconds) = fault.kind {
        trouble.delayMilliseconds += milliseconds
      } else {
        trouble.kind = trouble.kind ?? fault.kind
      }
    }
    return trouble
  }
}
