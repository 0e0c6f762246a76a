import FlowCore
import StudyModel

/// The Google Health API (v4) and a batch of its participants.
package struct GoogleHealthAPI: OAuthProviderService {
  package static let descriptor = ServiceDescriptor(
    type: "GoogleHealthAPI",
    summary: "The Google Health API: participants' files and tokens, signed requests, quotas.",
    roles: [.provider], properties: ProviderProperties.all,
    // The short names of https://www.googleapis.com/auth/googlehealth.NAME.readonly.
    vocabulary: [
      ServiceDescriptor.scopeKind: [
        "activity_and_fitness", "ecg", "health_metrics_and_measurements", "irn", "location", "logged_symptoms", "mindfulness",
        "nutrition", "profile", "reproductive_health", "settings", "sleep",
      ]
    ],
    check: ProviderProperties.check)

  package let core: OAuthProvider

  /// Throws `Problems` for addresses that are none and for a missing client id.
  package init(name: String, values: PropertyValues, environment: RuntimeEnvironment) throws {
    core = try OAuthProvider(
      wire: GoogleHealthWire(), service: "GoogleHealthAPI '\(name)'", values: values, environment: environment)
  }
}
