import FlowCore
import StudyModel

/// The Google Health API v4 (developers.google.com/health), with OAuth by Google.
///
/// Paths, forms and error codes follow the discovery document and captures. Not confirmed: `Retry-After` with 429 has
/// never been seen; the 403 for a Fitbit account that was never moved to Google shows `UberMint` or `GaiaMint` only in
/// its message.
package struct GoogleHealthWire: ProviderWire {
  package let provider = "google-health"
  package let title = "Google Health"
  package let oauthType = "google"
  package let tokenPath = "/oauth2/token"
  package var probePath: String { Self.settingsPath }
  /// Not reported in headers. Whether the windows are fixed or sliding is not documented.
  package let limit = RequestLimit(300, per: .seconds(60), isAnnounced: false)
  /// developers.google.com/health, rate limits: of a project.
  package let clientLimits = [
    RequestLimit(120_000, per: .seconds(60), isAnnounced: false), RequestLimit(86_400_000, per: .seconds(86_400), isAnnounced: false),
  ]
  /// Not Google's, but those of the IETF's draft: a proxy or simulator with a limit of its own may send them.
  package let budgetHeaders: (remaining: String, reset: String)? = ("RateLimit-Remaining", "RateLimit-Reset")

  package let errorWords: Set<String> = [
    "invalid_client", "invalid_grant", "invalid_request", "invalid_scope", "unauthorized_client", "unsupported_grant_type",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "ACCOUNT_NOT_LINKED", "DISALLOWED_OAUTH_SCOPES", "FAILED_PRECONDITION", "INTERNAL", "INVALID_ARGUMENT",
    "INVALID_DATA_POINT_FILTER", "INVALID_PAGE_TOKEN", "INVALID_ROLLUP_QUERY_DURATION", "INVALID_TIME_RANGE", "NOT_FOUND",
    "MISSING_OAUTH_SCOPE", "PERMISSION_DENIED", "RATE_LIMIT_EXCEEDED", "RESOURCE_EXHAUSTED", "RESOURCE_PERMISSION_DENIED", "SERVICE_DISABLED",
    "UNAUTHENTICATED", "UNAVAILABLE", "DEADLINE_EXCEEDED",
  ]
  package let messageWords: Set<String> = ["UberMint", "GaiaMint"]

  package init() {}

  /// Google's own hosts use a separate token host; any other address is a mock or the simulator.
  package func tokenURL(base: String) -> String {
    let host = base.split(separator: "/").dropFirst().first.map { $0.lowercased() } ?? ""
    return host.hasSuffix(".googleapis.com") ? "https://oauth2.googleapis.com/token" : base + tokenPath
  }

  /// Id and secret go into the form (developers.google.com/identity, refreshing an access token).
  package func tokenForm(
    _ refreshToken: String, _ client: ClientCredentials
  ) -> (headers: HTTPHeaders, form: [(String, String)]) {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refreshToken), ("client_id", client.id)]
    return ([:], form + (client.secret.map { [("client_secret", $0)] } ?? []))
  }

  /// Usually has no refresh token: the old one remains valid. Scopes are converted to their short names.
  package func tokenAnswer(_ document: JSONTree) -> TokenAnswer? {
    guard var answer = OAuthAnswer.read(document) else { return nil }
    answer.scopes = answer.scopes?.map(Self.shortName)
    return answer
  }

  /// `https://www.googleapis.com/auth/googlehealth.sleep.readonly` → `sleep`; other scopes are unchanged.
  static func shortName(_ scope: String) -> String {
    let prefix = "https://www.googleapis.com/auth/googlehealth."
    let suffix = ".readonly"
    guard scope.hasPrefix(prefix), scope.hasSuffix(suffix) else { return scope }
    return String(scope.dropFirst(prefix.count).dropLast(suffix.count))
  }

  package func specificFault(status: Int, word: String?) -> ProviderFault? {
    switch (status, word) {
    case (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), (403, "MISSING_OAUTH_SCOPE"):
      fault(.scope, "the participant's consent does not cover this", word)
    case (403, "RESOURCE_PERMISSION_DENIED"):
      fault(.needsConsent, "the participant's data are refused; a new consent fixes it", word)
    case (403, "UberMint"), (403, "GaiaMint"):
      fault(
        .needsConsent, "the account is a Fitbit account that was never moved to Google; the participant must move it and consent again",
        word)
    case (400, "ACCOUNT_NOT_LINKED"):
      fault(.needsConsent, "the account has no Google Health data; the participant must finish signing up and consent again", word)
    case (412, _):
      fault(
        .needsConsent, "the account has no health profile yet (status 412); the participant must set it up in the app, then consent again",
        word)
    default: nil
    }
  }

  private func fault(_ cause: Cause, _ words: String, _ word: String?) -> ProviderFault {
    ProviderFault(cause: cause, message: "\(title): \(words)" + (word.map { " (\($0))" } ?? ""), error: word)
  }
}

// MARK: - Latest sync

extension GoogleHealthWire {
  private static let settingsPath = "/v4/users/me/settings"
  private static let devicesPath = "/v4/users/me/pairedDevices"

  /// The settings, and the first page of the devices.
  package func syncRequestCount(isGranted: (String) -> Bool) -> Int? { isGranted("settings") ? 2 : nil }

  /// Reads the zone from the settings and the latest tracker sync from the paired devices.
  package func syncStatus(
    knownZone: String?, ask: (_ path: String, _ scope: String) async throws -> JSONTree?
  ) async throws -> SyncStatus {
    guard let settings = try await ask(Self.settingsPath, "settings") else { throw Self.withoutSettings }
    let form = TrackerList.Form(
      path: Self.devicesPath, typeMember: "deviceType", readTime: { Instant(rfc3339: $0) },
      expectedTime: "a time with zone such as 2026-08-15T17:14:22Z")
    let trackers = try TrackerList(try await devices(ask), form)
    return trackers.status(zone: try zone(settings, knownZone: knownZone, at: trackers.latest))
  }

  package var identityPath: String? { "/v4/users/me/identity" }
  package func identity(in document: JSONTree, at path: String) -> AccountIdentity? {
    guard path == identityPath, let id = document["healthUserId"]?.text, !id.isEmpty else { return nil }
    return AccountIdentity(id: id, legacyID: document["legacyUserId"]?.text.flatMap { $0.isEmpty ? nil : $0 })
  }

  private static let withoutSettings = ProcessorError(
    .scope,
    "Google Health: the consent does not cover 'settings', and without it the latest sync cannot be known; ask for wider consent")

  private func devices(_ ask: (_ path: String, _ scope: String) async throws -> JSONTree?) async throws -> [JSONTree] {
    var devices: [JSONTree] = []
    var path = Self.devicesPath
    var seen: Set<String> = []
    while true {
      guard let page = try await ask(path, "settings") else { throw Self.withoutSettings }
      guard page.members != nil else {
        throw ProcessorError(.badData, "\(Self.devicesPath) is \(page.kindWords); expected an object with pairedDevices")
      }
      // Empty members are omitted: a missing list means that no device is paired.
      let listed = page["pairedDevices"] ?? .list([])
      guard let elements = listed.elements else {
        throw ProcessorError(.badData, "\(Self.devicesPath): /pairedDevices is \(listed.kindWords); expected a list of devices")
      }
      devices += elements
      guard let token = page["nextPageToken"]?.text, !token.isEmpty else { return devices }
      guard seen.insert(token).inserted else {
        throw ProcessorError(.badData, "\(Self.devicesPath): a page links to a page that was already read; expected another page or the end")
      }
      path = Self.devicesPath + "?" + PercentEncoding.encode([("pageToken", token)])
    }
  }

  /// The zone by name. If this machine does not know it, falls back to the previously known zone if its offset matches,
  /// otherwise to a fixed zone with that offset.
  private func zone(_ settings: JSONTree, knownZone: String?, at latest: Instant?) throws -> String {
    let name = settings["timeZone"]
    if let zone = name?.text.flatMap(CivilZone.init) { return zone.name }
    let known = knownZone.flatMap(CivilZone.init)
    if let seconds = settings["utcOffset"]?.text.flatMap(Self.offsetSeconds) {
      if let known, let latest, known.utcOffset(at: latest.seconds) == seconds { return known.name }
      if let fixed = CivilZone(Self.fixedZoneName(seconds)) { return fixed.name }
    }
    throw ProcessorError(
      .badData,
      "\(Self.settingsPath): /timeZone is \(name.map { $0.kindWords + " that names no time zone known to this machine" } ?? "missing") and "
        + "/utcOffset no offset; expected an IANA name such as America/Chicago, or an offset such as -18000s")
  }

  /// Parses `-14400s`; nil for anything else and for implausible offsets.
  private static func offsetSeconds(_ text: String) -> Int64? {
    guard text.hasSuffix("s"), let seconds = Int64(text.dropLast()), abs(seconds) <= 18 * 3600, seconds % 60 == 0 else { return nil }
    return seconds
  }

  /// `Etc/GMT+4` is four hours WEST of Greenwich (the sign convention of the zone database); `GMT+0530` for fractions
  /// of an hour.
  private static func fixedZoneName(_ seconds: Int64) -> String {
    if seconds == 0 { return "Etc/GMT" }
    let sign = seconds < 0 ? "-" : "+"
    let minutes = abs(seconds) / 60
    if minutes % 60 == 0 { return "Etc/GMT\(seconds < 0 ? "+" : "-")\(minutes / 60)" }
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "GMT\(sign)\(two(minutes / 60))\(two(minutes % 60))"
  }
}
