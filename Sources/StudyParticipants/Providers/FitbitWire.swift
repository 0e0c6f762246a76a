import FlowCore
import StudyModel

/// The wire format of the Fitbit Web API (dev.fitbit.com, switched off in November 2026), still spoken by archives,
/// simulators and mocks.
package struct FitbitWire: ProviderWire {
  package let provider = "fitbit"
  package let title = "Fitbit"
  package let oauthType = "fitbit"
  package let tokenPath = "/oauth2/token"
  package var probePath: String { Self.devicesPath }
  /// In the hour of the clock. Every response says what is left of it.
  package let limit = RequestLimit(150, per: .seconds(3600), isAnnounced: true)
  package let clientLimits: [RequestLimit] = []
  package let budgetHeaders: (remaining: String, reset: String)? = ("Fitbit-Rate-Limit-Remaining", "Fitbit-Rate-Limit-Reset")

  /// Fitbit's own error types, and Google's codes, which its host also returned in its last year.
  package let errorWords: Set<String> = [
    "authorization", "expired_token", "insufficient_permissions", "insufficient_scope", "invalid_client", "invalid_grant",
    "invalid_request", "invalid_token", "not_found", "oauth", "request", "rate_limit_exceeded", "system", "validation",
    "unauthorized_client", "unsupported_grant_type", "invalid_scope", "PERMISSION_DENIED", "UNAUTHENTICATED",
    "RESOURCE_EXHAUSTED", "UNAVAILABLE", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "MISSING_OAUTH_SCOPE", "RESOURCE_PERMISSION_DENIED", "SERVICE_DISABLED",
  ]

  package init() {}

  /// Basic authorization with a secret, otherwise `client_id` in the form (dev.fitbit.com, refresh token).
  package func tokenForm(
    _ refreshToken: String, _ client: ClientCredentials
  ) -> (headers: HTTPHeaders, form: [(String, String)]) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refreshToken)]
    guard let credentials = client.basicCredentials else { return ([:], form + [("client_id", client.id)]) }
    return (["Authorization": "Basic " + credentials], form)
  }

  /// The refresh token rotates with each use, so a response without one is incomplete.
  package func tokenAnswer(_ document: JSONTree) -> TokenAnswer? {
    guard let answer = OAuthAnswer.read(document), answer.refreshToken != nil else { return nil }
    return answer
  }

  package func specificFault(status: Int, word: String?) -> ProviderFault? {
    switch (status, word) {
    case (401, "insufficient_scope"), (403, "insufficient_scope"), (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), (403, "MISSING_OAUTH_SCOPE"):
      ProviderFault(cause: .scope, message: "Fitbit: the participant's consent does not cover this (\(word ?? ""))", error: word)
    // The application, not the participant, lacks the right to intraday data. This must not stop the run: daily data
    // still arrives, and a personal application may read its owner's data. It is not a scope problem either, which
    // would disable the daily data of the same scope.
    case (403, "insufficient_permissions"):
      ProviderFault(
        cause: .clientRefused,
        message: "Fitbit: the application may not read this resource (insufficient_permissions); apply for intraday access, or take "
          + "the endpoint out of the flow, then replay",
        error: word)
    case (403, "RESOURCE_PERMISSION_DENIED"):
      ProviderFault(
        cause: .needsConsent, message: "Fitbit: the participant's data are refused (RESOURCE_PERMISSION_DENIED); a new consent fixes it",
        error: word)
    default: nil
    }
  }
}

// MARK: - Latest sync

extension FitbitWire {
  private static let profilePath = "/1/user/-/profile.json"
  private static let devicesPath = "/1/user/-/devices.json"

  /// The profile, and the devices.
  package func syncRequestCount(isGranted: (String) -> Bool) -> Int? { isGranted("settings") ? isGranted("profile") ? 2 : 1 : nil }

  /// Reads the zone from the profile and the latest tracker sync from the device list.
  package func syncStatus(
    knownZone: String?, ask: (_ path: String, _ scope: String) async throws -> JSONTree?
  ) async throws -> SyncStatus {
    let zone = try await zone(knownZone: knownZone, ask: ask)
    guard let devices = try await ask(Self.devicesPath, "settings") else {
      throw ProcessorError(
        .scope, "Fitbit: the consent does not cover 'settings', and without it the latest sync cannot be known; ask for wider consent")
    }
    guard let devices = devices.elements else {
      throw ProcessorError(.badData, "\(Self.devicesPath) is \(devices.kindWords); expected a list of devices")
    }
    let form = TrackerList.Form(
      path: Self.devicesPath, typeMember: "type", readTime: { Instant(localText: $0).map(zone.earliestInstant) },
      expectedTime: "a local time such as 2026-08-15T13:14:22.000")
    return try TrackerList(devices, form).status(zone: zone.name)
  }

  /// Token responses name the account; where one does not, the profile does.
  package var identityPath: String? { nil }
  package func identity(in document: JSONTree, at path: String) -> AccountIdentity? {
    guard path == Self.profilePath, let id = document["user"]?["encodedId"]?.text, !id.isEmpty else { return nil }
    return AccountIdentity(id: id)
  }

  private func zone(
    knownZone: String?, ask: (_ path: String, _ scope: String) async throws -> JSONTree?
  ) async throws -> CivilZone {
    guard let profile = try await ask(Self.profilePath, "profile") else {
      guard let known = knownZone.flatMap(CivilZone.init) else {
        throw ProcessorError(
          .scope, "Fitbit: the consent does not cover 'profile', and the participant file names no zone; add 'zone', or ask for wider consent")
      }
      return known
    }
    let name = profile["user"]?["timezone"]
    guard let zone = name?.text.flatMap(CivilZone.init) else {
      throw ProcessorError(
        .badData,
        "/1/user/-/profile.json: /user/timezone is \(name.map { $0.kindWords + " that names no time zone known to this machine" } ?? "missing"); "
          + "expected an IANA name such as America/Chicago")
    }
    return zone
  }
}
