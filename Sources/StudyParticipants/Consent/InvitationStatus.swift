import FlowCore

/// Listing row: what has become of a participant's latest invitation. Contains no code.
package struct InvitationStatus: Sendable, Equatable {
  package enum State: String, Sendable, CaseIterable {
    case invited, opened, refused
    case wrongAccount = "wrong_account"
    case consented
    /// Neither consented nor refused in time.
    case expired
    /// The file of the invitation is damaged: invite again.
    case unreadable

    /// For people: `wrong account`.
    package var words: String { rawValue.replacing("_", with: " ") }
  }

  package var state: State
  /// When the state began; nil if the invitation is unreadable.
  package var since: Instant?
  package var made: Instant?
  package var expires: Instant?
  /// The scopes that a consent lacks, by the names used in flows.
  package var lacking: [String] = []

  package init(_ invitation: Invitation, at now: Instant) {
    let isOver = now >= invitation.expires
    state =
      switch invitation.state {
      case .invited: isOver ? .expired : .invited
      case .opened: isOver ? .expired : .opened
      case .refused: .refused
      case .wrongAccount: isOver ? .expired : .wrongAccount
      case .consented: .consented
      }
    since = state == .expired ? invitation.expires : invitation.since
    made = invitation.made
    expires = invitation.expires
    lacking = invitation.lacking
  }

  package static let unreadable = InvitationStatus(state: .unreadable)

  private init(state: State) { self.state = state }

  /// Whether its link can be opened.
  package var isOpen: Bool { [.invited, .opened, .refused, .wrongAccount].contains(state) }

  /// - Parameter now: a refused invitation stays `refused` when its link has expired.
  package func isOpen(at now: Instant) -> Bool { isOpen && expires.map { now < $0 } ?? false }
}
