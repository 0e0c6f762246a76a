import FlowCore

/// The causes that a study adds to the framework's. `allCases` is the whole vocabulary of the error folder and the
/// ledger.
extension Cause {
  /// The response to a token refresh was lost: it is unknown whether the old token is still valid.
  package static let tokenInDoubt = Cause("token_in_doubt", isRetryable: true)
  package static let needsConsent = Cause("needs_consent", isRetryable: false)
  package static let scope = Cause("scope", isRetryable: false)
  package static let badParticipantFile = Cause("bad_participant_file", isRetryable: false)
}

extension Cause: CaseIterable {
  package static let allCases: [Cause] = [
    .rateLimited, .serverError, .timeout, .connection, .truncated, .notJSON, .tokenInDoubt, .database, .disk, .needsConsent, .scope, .clientRefused,
    .gone, .badRequest, .notFound, .badData, .badParticipantFile, .expression, .internal,
  ]
}

extension Cause: RawRepresentable {
  /// nil if the text is not in the vocabulary.
  package init?(rawValue: String) {
    guard let known = Cause.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = known
  }
}
