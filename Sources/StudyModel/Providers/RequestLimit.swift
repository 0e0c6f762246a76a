import FlowCore

/// The number of requests that a provider allows for one participant, or for a client. Every request to its API costs one, whatever it
/// returns, also each further page; requests for tokens cost none.
package struct RequestLimit: Sendable, Equatable {
  package var count: Int
  package var window: Duration
  /// Responses tell what is left, which then replaces this figure.
  package var isAnnounced: Bool

  package init(_ count: Int, per window: Duration, isAnnounced: Bool) {
    self.count = count
    self.window = window
    self.isAnnounced = isAnnounced
  }

  /// The shortest time in which a participant's requests can be sent, if none were sent before.
  package func time(for requests: Int) -> Duration { window * max(0, (requests - 1) / count) }
}
