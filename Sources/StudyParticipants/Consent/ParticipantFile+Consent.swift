import FlowCore
import StudyModel

extension ParticipantFile {
  /// Replaces the token with that of a new consent. If the consent is for another kind of provider than before (the
  /// Fitbit account moved to Google), the old account id is kept as `legacy_id`. Throws `ConsentFailure`
  /// if the consent is for another account than the participant's, unless `takesOtherAccount`.
  /// - Parameter former: the account's id at the provider's former service, if the provider reports it.
  package mutating func take(
    _ answer: TokenAnswer, former: String? = nil, oauthType: String, takesOtherAccount: Bool, at now: Instant
  ) throws(ConsentFailure) {
    let known = self.oauthType ?? token.issuer
    if let known, known != oauthType {
      legacyID = legacyID ?? account
      account = nil
    }
    if let account, let answered = answer.account, account != answered, !takesOtherAccount {
      throw ConsentFailure(
        .otherAccount,
        "participant \(participant): the consent is of account \(answered), the participant has account \(account) so far; nothing was changed: "
          + "consent signed in as the participant, or say --other-account")
    }
    if let former, let legacyID, former.lowercased() != legacyID.lowercased(), !takesOtherAccount {
      throw ConsentFailure(
        .otherAccount,
        "participant \(participant): the consent is of the account that was \(former) at Fitbit, the participant's was \(legacyID); nothing was "
          + "changed: consent signed in as the participant, or say --other-account")
    }
    guard let refreshToken = answer.refreshToken else {
      throw ConsentFailure(.noRefreshToken, "participant \(participant): the answer has no refresh token")
    }
    token = TokenRecord(refreshToken: refreshToken)
    token.apply(answer, at: now)
    // Another account was allowed and the response does not name it: forget the known one, so that the next run learns
    // the new one.
    let forgets = takesOtherAccount && answer.account == nil
    account = answer.account ?? (forgets ? nil : account)
    legacyID = forgets ? nil : takesOtherAccount ? former ?? legacyID : legacyID ?? former
    self.oauthType = oauthType
  }
}
