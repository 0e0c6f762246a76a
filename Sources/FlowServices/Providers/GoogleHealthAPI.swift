import FlowCore

/// The Google Health API (v4) and a batch of its participants.
package struct GoogleHealthAPI: OAuthProviderService {
  package static let descriptor = ServiceDescriptor(
    type: "GoogleHealthAPI",
    summary: "The Google Health API: participants' files and tokens, signed requests, quotas.",
    roles: [.provider], properties: ProviderProperties.all)

  package let core: OAuthProvider

  /// Throws `Problems` for addresses that are none and for a missing client id.
  package init(name: String, values: PropertyValues, environment: RuntimeEnvironment) throws {
    core = try OAuthProvider(
      wire: GoogleHealthWire(), service: "GoogleHealthAPI '\(name)'", values: values, environment: environment)
  }
}
