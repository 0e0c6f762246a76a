import FlowCore
import StudyModel

/// The Fitbit Web API as a service, with a batch of its participants.
package enum FitbitWebAPI {
  package static let descriptor = ServiceDescriptor(
    type: "FitbitWebAPI",
    summary: "The Fitbit Web API: participants' files and tokens, signed requests, rate limits.",
    roles: [.provider], properties: ProviderProperties.all,
    vocabulary: [
      ServiceDescriptor.scopeKind: [
        "activity", "cardio_fitness", "electrocardiogram", "heartrate", "irregular_rhythm_notifications", "location", "nutrition",
        "oxygen_saturation", "profile", "respiratory_rate", "settings", "sleep", "social", "temperature", "weight",
      ]
    ],
    check: ProviderProperties.check)

  /// Throws `Diagnostics` for invalid addresses and a missing client id.
  package static func make(name: String, values: PropertyValues, environment: RuntimeEnvironment) throws -> OAuthProvider {
    try OAuthProvider(wire: FitbitWire(), service: "FitbitWebAPI '\(name)'", values: values, environment: environment)
  }
}
