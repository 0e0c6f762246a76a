import FlowCore

/// What a participant is told on the consent pages.
package struct ConsentOutcome: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// Who asks, for what: the page with the button.
    case invited(Question)
    /// On to the provider's page.
    case leave(String)
    case thanks
    /// Thank you; these scopes, by the names used in flows, were not granted.
    case partial([String])
    case declined
    case wrongAccount
    case used
    case expired
    /// There is no such invitation: never made, replaced, removed, or mistyped. Nothing tells these apart.
    case unknown
    /// The answer belongs to a request that is over: the link has to be opened again.
    case late
    /// The answer came in another browser than the one that the link was opened in, and the account would not tell whose it is.
    case confirm
    /// A run has the participant at the moment: the same answer can be given again.
    case busy
    /// The provider cannot be reached from the study's server: the same answer can be given again.
    case unreachable
    /// The provider did not take the answer, or its own got lost: the link has to be opened again.
    case lost
    /// Something is wrong at the study's side, and its log says what. The link stays valid.
    case trouble
  }

  package struct Question: Sendable, Equatable {
    /// The scopes that are asked for, by the names used in flows.
    package var scopes: [String]
    package var expires: Instant
    /// The address of the provider's page, without its query.
    package var page: String

    package init(scopes: [String], expires: Instant, page: String) {
      self.scopes = scopes
      self.expires = expires
      self.page = page
    }
  }

  package var kind: Kind
  /// The provider's name, `Fitbit`; nil where nothing is known of an invitation.
  package var provider: String?

  package init(_ kind: Kind, provider: String? = nil) {
    self.kind = kind
    self.provider = provider
  }
}
