import FlowCore

/// The causes that a study adds to the framework's, and the whole vocabulary of the error folder and the ledger.
extension Cause {
  /// The answer to a refresh was lost: whether the old token still holds is not known.
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
  /// nil for a word that is not in the vocabulary.
  package init?(rawValue: String) {
    guard let known = Cause.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = known
  }
}
