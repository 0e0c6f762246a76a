import FlowCore

/// Decides which fault applies to a request.
///
/// The decision depends on the seed, the request (participant and path) and how often the same request was made before,
/// but not on requests in between: with many requests in flight, a seed still gives the same outcome. A repeated
/// request gets a new decision.
final class FaultDice: Sendable {
  private let faults: [Fault]
  private let dice: SeededDice
  private let occurrences = Locked<[Int: Int]>([:])

  /// The faults applied to one request.
  struct Trouble: Sendable, Equatable {
    var delayMilliseconds = 0
    var kind: Fault.Kind?
    /// Uniformly distributed bits for the details, such as where to truncate.
    var detail = 0
  }

  /// - Parameter boot: how often this world was started, so that a request that failed in one process may succeed in
  ///   the next.
  init(_ faults: [Fault], seed: UInt64, boot: Int) {
    self.faults = faults
    dice = SeededDice(seed: seed).fork(Purpose.faults).fork(boot)
  }

  var isEmpty: Bool { faults.isEmpty }

  /// The fault for a request; if several apply, the first one listed.
  /// - Parameter key: the request without its tokens.
  func trouble(for key: String, isTokenRequest: Bool) -> Trouble {
    let hash = stableHash(key)
    let occurrence = occurrences.withLock { counts in
      let count = counts[hash, default: 0]
      counts[hash] = count + 1
      return count
    }
    let draw = dice.fork(hash).fork(occurrence)
    var trouble = Trouble(detail: Int(draw.roll(-1) >> 32))
    for (index, fault) in faults.enumerated()
    where fault.applies(toToken: isTokenRequest) && draw.happens(fault.share, at: index) {
      if case .slow(let milliseconds) = fault.kind {
        trouble.delayMilliseconds += milliseconds
      } else {
        trouble.kind = trouble.kind ?? fault.kind
      }
    }
    return trouble
  }
}
