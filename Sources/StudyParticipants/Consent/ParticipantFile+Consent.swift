import FlowCore
import StudyModel

extension ParticipantFile {
  /// Puts a fresh consent in place of whatever was known of tokens. Where it is of another kind of provider than before (Fitbit's account
  /// moved to Google), the account's old id is kept as `legacy_id`.
  /// Throws `ProcessorError` (`needs_consent`) when the consent is of another account than the participant's, unless `takesOtherAccount`.
  /// - Parameter former: the account's id at the provider's former service, where the provider tells it.
  package mutating func take(
    _ answer: TokenAnswer, former: String? = nil, oauthType: String, takesOtherAccount: Bool, at now: Instant
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
    if let former, let legacyID, former.lowercased() != legacyID.lowercased(), !takesOtherAccount {
      throw ProcessorError(
        .needsConsent,
        "participant \(participant): the consent is of the account that was \(former) at Fitbit, the participant's was \(legacyID); nothing was "
          + "changed: consent signed in as the participant, or say --other-account")
    }
    guard let refreshToken = answer.refreshToken else {
      throw ProcessorError(.needsConsent, "participant \(participant): the answer has no refresh token")
    }
    token = TokenRecord(refreshToken: refreshToken)
    token.apply(answer, at: now)
    // Another account is welcome, and whose it is was not told: the next run learns it, and has nothing to compare it with.
    let forgets = takesOtherAccount && answer.account == nil
    account = answer.account ?? (forgets ? nil : account)
    legacyID = forgets ? nil : takesOtherAccount ? former ?? legacyID : legacyID ?? former
    self.oauthType = oauthType
  }
}
