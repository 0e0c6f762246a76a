/// A consent was not kept, for a reason that lies with the participant's answer: the participant has to consent again.
package struct ConsentFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable {
    /// The participant declined.
    case declined
    /// The provider answers with another error code than that of a refusal.
    case providerError
    /// The answer belongs to another request.
    case foreign
    /// The provider does not take the code: it is used, old or of another link.
    case codeRefused
    case noRefreshToken
    /// Of another account than the participant's.
    case otherAccount
    /// Of an account that another participant of the batch has.
    case accountOfAnother
  }

  package var reason: Reason
  /// For the study: what was found and what to do. Names the participant; never contains a code or token.
  package var message: String

  package init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  package var description: String { message }
}
