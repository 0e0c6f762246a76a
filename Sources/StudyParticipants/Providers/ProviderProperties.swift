import FlowCore
import StudyModel

/// Properties common to all provider services. `ca_file` and `max_connections` configure the transport.
package enum ProviderProperties {
  package static let baseURL = Property<String>.required("base_url", .text, "Address of the provider, without a path.")
  package static let tokenURL = Property<String>("token_url", .optionalText, default: "", "OAuth token endpoint; empty: `base_url` + `/oauth2/token`, for Google's own host Google's token host.")
  package static let clientID = Property<String>("client_id", .optionalText, default: "", "The application's id; may be empty with the simulator only.")
  package static let clientSecret = Property<String>("client_secret", .optionalText, default: "", sensitive: true, "The application's secret; empty for an application that has none.")
  package static let participants = Property<String>.required("participants", .path, "Folder of participant files. It must exist.")
  package static let simulated = Property<Bool>("simulated", .boolean, default: "false", "Whether the provider is the simulator. A simulator serves only simulated participants, a real provider only real ones.")
  package static let caFile = Property<String>("ca_file", .path, "PEM file of the authorities to trust, for a network that terminates TLS.")
  package static let maximumConnections = Property<Int>("max_connections", .integer(1...1000), default: "64", "Connections at once.")
  package static let requestsPerMinute = Property<Int>("requests_per_minute", .integer(1...10_000_000), "Requests a minute that the provider allows the application for all participants together, on all hosts; default: the provider's published limit, at Google 120000. Google allows less to an application that is not verified.")
  package static let connectTimeout = Property<Duration>("connect_timeout", .duration, default: "10s", "For a connection, in requests for tokens, devices and profile.")
  package static let timeout = Property<Duration>("timeout", .duration, default: "60s", "From start to last byte, in requests for devices and profile; a token request gets 20s at most.")

  package static let all: [PropertyDescriptor] = [
    PropertyDescriptor(baseURL), PropertyDescriptor(tokenURL), PropertyDescriptor(clientID), PropertyDescriptor(clientSecret),
    PropertyDescriptor(participants), PropertyDescriptor(simulated), PropertyDescriptor(caFile),
    PropertyDescriptor(maximumConnections), PropertyDescriptor(requestsPerMinute), PropertyDescriptor(connectTimeout), PropertyDescriptor(timeout),
  ]
}

extension ProviderProperties {
  /// The value of `base_url` that selects the bundled simulator.
  package static let simulator = "simulator"

  /// Checks addresses and client id without any request.
  package static func check(_ values: PropertyValues) -> [Diagnostic] {
    var findings: [Diagnostic] = []
    let isSimulator = values[baseURL] == simulator || values[simulated]
    if values[baseURL] != simulator, ProviderAddress(values[baseURL]) == nil {
      findings.append(
        Diagnostic(
          .unsuitableValue, property: baseURL.name, found: "\(shown(values[baseURL])) is not an address",
          expected: "\(ProviderAddress.expected), or simulator"))
    }
    if !values[tokenURL].isEmpty, ProviderAddress(values[tokenURL]) == nil {
      findings.append(
        Diagnostic(.unsuitableValue, property: tokenURL.name, found: "\(shown(values[tokenURL])) is not an address", expected: ProviderAddress.expected))
    }
    if values[clientID].isEmpty, !isSimulator {
      findings.append(
        Diagnostic(
          .unsuitableValue, property: clientID.name, found: "it is empty", expected: "the id of your application; only the simulator needs none"))
    }
    return findings
  }

  /// Not shown if it may contain a password.
  private static func shown(_ address: String) -> String { address.contains("@") ? "it" : "'\(address)'" }
}

extension OAuthProvider {
  /// Reads a service's properties. Throws `Diagnostics`.
  convenience init(wire: any ProviderWire, service: String, values: PropertyValues, environment: RuntimeEnvironment) throws {
    typealias Given = ProviderProperties
    let settings = try Settings(
      service: service, wire: wire, baseURL: values[Given.baseURL], tokenURL: values[Given.tokenURL],
      clientID: values[Given.clientID], clientSecret: values[Given.clientSecret], participants: values[Given.participants],
      isSimulated: values[Given.simulated], connectTimeout: values[Given.connectTimeout], timeout: values[Given.timeout],
      requestsPerMinute: values.optional(Given.requestsPerMinute))
    self.init(wire: wire, settings: settings, environment: environment)
  }
}

extension OAuthProvider.Settings {
  /// Validates values from a flow file and its parameters. Throws all problems at once; no message contains a secret.
  package init(
    service: String, wire: any ProviderWire, baseURL: String, tokenURL: String, clientID: String, clientSecret: String,
    participants: String, isSimulated: Bool, connectTimeout: Duration, timeout: Duration, requestsPerMinute: Int? = nil
  ) throws(Diagnostics) {
    var problems: [Diagnostic] = []
    let address = ProviderAddress(baseURL)
    if address == nil {
      problems.append(
        Diagnostic(.unsuitableValue, subject: service, found: "property 'base_url' is not an address", expected: ProviderAddress.expected))
    }
    if !tokenURL.isEmpty, ProviderAddress(tokenURL) == nil {
      problems.append(
        Diagnostic(.unsuitableValue, subject: service, found: "property 'token_url' is not an address", expected: ProviderAddress.expected))
    }
    if clientID.isEmpty, !isSimulated {
      problems.append(
        Diagnostic(
          .unsuitableValue, subject: service, found: "property 'client_id' is empty",
          expected: "the id of your application; only the simulator needs none",
          hint: "set the parameter client_id, or its environment variable"))
    }
    for (name, value) in [("client_id", clientID), ("client_secret", clientSecret)] {
      guard let hidden = UnseenCharacter.hidden(in: value.unicodeScalars).first else { continue }
      problems.append(
        Diagnostic(
          .unsuitableValue, subject: service, found: "property '\(name)' holds \(hidden.words) at character \(hidden.offset + 1)", expected: "the characters that the provider's console shows",
          hint: "it came along when the text was copied: take it out, or copy it once more"))
    }
    guard let address, problems.isEmpty else { throw Diagnostics(problems) }
    self.init(
      address: address, tokenURL: tokenURL.isEmpty ? wire.tokenURL(base: address.base) : tokenURL,
      client: ClientCredentials(
        id: clientID.isEmpty ? "simulator" : clientID, secret: clientSecret.isEmpty ? nil : clientSecret),
      participants: participants, isSimulated: isSimulated, connectTimeout: connectTimeout, timeout: timeout,
      clientLimits: wire.clientLimits(requestsPerMinute: requestsPerMinute))
  }
}
