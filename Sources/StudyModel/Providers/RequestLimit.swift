import FlowCore

/// The number of requests that a provider allows for one participant, or for a client. Every request to its API costs one, whatever it
/// returns, also each further page; requests for tokens cost none.
package struct RequestLimit: Sendable, Equatable {
  package var count: Int
  package var window: Duration
  /// Responses tell what is left, which then replaces this figure. Such windows go by the clock: an hour's begins at the full hour.
  package var isAnnounced: Bool

  package init(_ count: Int, per window: Duration, isAnnounced: Bool) {
    self.count = count
    self.window = window
    self.isAnnounced = isAnnounced
  }

  /// The shortest time in which requests can be sent from `now` on, if none were sent before.
  package func time(for requests: Int, from now: Instant) -> Duration {
    let further = max(0, (requests - 1) / count)
    guard further > 0, isAnnounced else { return window * further }
    return window * further - .seconds(now.seconds % window.components.seconds)
  }
}
