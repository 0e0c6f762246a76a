import FlowCore

extension ParticipantFile {
  /// Puts a fresh consent in place of whatever was known of tokens. Where it is of another kind of provider than before (Fitbit's account
  /// moved to Google), the account's old id is kept as `legacy_id`.
  /// Throws `ProcessorError` (`needs_consent`) when the consent is of another account than the participant's, unless `takesOtherAccount`.
  package mutating func take(
    _ answer: TokenAnswer, oauthType: String, takesOtherAccount: Bool, at now: Instant
  ) throws(ProcessorError) {
    let known = self.oauthType ?? token.issuer
    if let known, known != oauthType {
      legacyID = legacyID ?? account
      account = nil
    }
    if let account, let answered = answer.account, account != answered, !takesOtherAccount {
      throw ProcessorError(
        .needsConsent,
        "participant \(participant): the consent is of account \(answered), the participant has account \(account) so far; nothing was changed: "
          + "consent signed in as the participant, or say --other-account")
    }
    guard let refreshToken = answer.refreshToken else {
      throw ProcessorError(.needsConsent, "participant \(participant): the answer has no refresh token")
    }
    token = TokenRecord(refreshToken: refreshToken)
    token.apply(answer, at: now)
    account = answer.account ?? account
    self.oauthType = oauthType
  }
}
