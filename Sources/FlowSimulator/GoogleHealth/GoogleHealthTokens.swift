/// Google's token endpoint: refresh tokens are reusable, and a response normally has none.
struct GoogleHealthTokens: TokenDialect {
  let ledger: TokenLedger
  /// Whether every response has a new refresh token, which the client must then keep.
  let rotates: Bool

  func refusal(_ status: Int, _ error: String, _ message: String, echo: String?) -> WireReply {
    WireReply(status: status, json: #"{"error":"\#(error)","error_description":"\#(jsonEscaped(message))."}"#)
  }

  func refresh(
    _ token: String, of participant: SimulatedParticipant, scopes: [Scope], repeatsAccess: Bool, now: Int
  ) async throws -> WireReply? {
    guard let issued = try await ledger.refreshGoogle(token, rotates: rotates, repeatsAccess: repeatsAccess, now: now) else { return nil }
    let refreshToken = issued.refreshToken.map { #""refresh_token":"\#($0)","# } ?? ""
    let scope = GoogleHealthScope.granted(by: scopes).map(\.address).joined(separator: " ")
    return WireReply(
      json: """
        {"access_token":"\(issued.accessToken)","expires_in":\(TokenGenerations.googleLifetimeSeconds - 1),\(refreshToken)\
        "scope":"\(scope)","token_type":"Bearer"}
        """)
  }
}

/// The scopes of consents, by Google's names.
enum GoogleHealthScope: String, Sendable, CaseIterable {
  case activityAndFitness = "activity_and_fitness"
  case healthMetricsAndMeasurements = "health_metrics_and_measurements"
  case location, profile, settings, sleep

  var address: String { "https://www.googleapis.com/auth/googlehealth.\(rawValue).readonly" }

  /// The parts that it covers. A participant who withholds one part withholds the whole scope.
  var parts: [Scope] {
    switch self {
    case .activityAndFitness: [.activity, .cardioFitness]
    case .healthMetricsAndMeasurements: [.heartrate, .oxygenSaturation, .respiratoryRate, .temperature, .weight]
    case .location: [.location]
    case .profile: [.profile]
    case .settings: [.settings]
    case .sleep: [.sleep]
    }
  }

  static func granted(by scopes: [Scope]) -> [GoogleHealthScope] {
    allCases.filter { $0.parts.allSatisfy(scopes.contains) }
  }
}
