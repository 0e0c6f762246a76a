import FlowCore
import StudyModel

/// The Google Health API (v4) as a service, with a batch of its participants.
package enum GoogleHealthAPI {
  package static let descriptor = ServiceDescriptor(
    type: "GoogleHealthAPI",
    summary: "The Google Health API: participants' files and tokens, signed requests, quotas.",
    roles: [.provider], properties: ProviderProperties.all,
    // Short names of https://www.googleapis.com/auth/googlehealth.NAME.readonly.
    vocabulary: [
      ServiceDescriptor.scopeKind: [
        "activity_and_fitness", "ecg", "health_metrics_and_measurements", "irn", "location", "logged_symptoms", "mindfulness",
        "nutrition", "profile", "reproductive_health", "settings", "sleep",
      ]
    ],
    check: ProviderProperties.check)

  /// Throws `Diagnostics` for invalid addresses and a missing client id.
  package static func make(name: String, values: PropertyValues, environment: RuntimeEnvironment) throws -> OAuthProvider {
    try OAuthProvider(wire: GoogleHealthWire(), service: "GoogleHealthAPI '\(name)'", values: values, environment: environment)
  }
}
