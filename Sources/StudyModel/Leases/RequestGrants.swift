import FlowCore

/// The requests that a provider allows one client for all its participants together, granted in portions to the runs
/// that share a store, on whatever hosts. Any task may call it, of a store that is open. Throws what the store's other
/// calls throw.
package protocol RequestGrants: Sendable {
  /// Grants up to `count` requests, at least one, unless a limit is used up.
  /// - Parameters:
  ///   - client: identifies the client at the provider; the same for everyone who shares its limits.
  ///   - limits: what the provider allows the client; at least one.
  func grant(_ count: Int, to client: String, within limits: [RequestLimit]) async throws -> RequestGrant
}

package enum RequestGrant: Sendable, Equatable {
  /// So many requests may be sent within this time.
  case granted(Int, within: Duration)
  /// None may be sent before this time has passed.
  case exhausted(for: Duration)

  /// Grants are counted by parts of the shortest window. They count from the beginning of their part until a whole window
  /// after the end of the part in which they may be used, so that the provider sees no more in any window of that length.
  package static let partsOfWindow = 60

  package static func part(of limits: [RequestLimit]) -> Duration {
    let shortest = limits.map(\.window).min() ?? .seconds(60)
    return .milliseconds(max(1, (shortest.wholeMilliseconds + Int64(partsOfWindow) - 1) / Int64(partsOfWindow)))
  }

  /// What counts against a limit.
  package struct Use: Sendable, Equatable {
    package var limit: RequestLimit
    package var count: Int
    /// Until the first of them no longer counts.
    package var untilNext: Duration

    package init(of limit: RequestLimit, count: Int, untilNext: Duration) {
      self.limit = limit
      self.count = count
      self.untilNext = untilNext
    }
  }

  /// Decides on `count` requests.
  /// - Parameter time: in which they may be used.
  package init(_ count: Int, _ uses: [Use], within time: Duration) {
    let left = uses.map { $0.limit.count - $0.count }.min() ?? count
    if left > 0 {
      self = .granted(min(count, left), within: time)
    } else {
      self = .exhausted(for: uses.filter { $0.count >= $0.limit.count }.map(\.untilNext).max() ?? time)
    }
  }
}
