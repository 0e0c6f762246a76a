import FlowCore

/// The Fitbit Web API and a batch of its participants.
package struct FitbitWebAPI: OAuthProviderService {
  package static let baseURL = Property<String>.required("base_url", .text, "Address of the provider, without a path.")
  package static let tokenURL = Property<String>("token_url", .optionalText, default: "", "OAuth token endpoint; empty: `base_url` + `/oauth2/token`.")
  package static let clientID = Property<String>("client_id", .optionalText, default: "", "The application's id; may be empty with the simulator only.")
  package static let clientSecret = Property<String>("client_secret", .optionalText, default: "", sensitive: true, "The application's secret; empty: it has none and says only its id.")
  package static let participants = Property<String>.required("participants", .path, "Folder of participant files. It must exist.")
  package static let simulated = Property<Bool>("simulated", .boolean, default: "false", "The provider is the simulator: only simulated participants are taken, and with a real one none of them.")
  package static let caFile = Property<String>("ca_file", .path, "PEM file of the authorities to trust, for a network that terminates TLS.")
  package static let maximumConnections = Property<Int>("max_connections", .integer(1...1000), default: "64", "Connections at once.")
  package static let connectTimeout = Property<Duration>("connect_timeout", .duration, default: "10s", "For a connection, in requests for tokens, devices and profile.")
  package static let timeout = Property<Duration>("timeout", .duration, default: "60s", "From start to last byte, in requests for devices and profile; a token request gets 20s at most.")

  package static let descriptor = ServiceDescriptor(
    type: "FitbitWebAPI",
    summary: "The Fitbit Web API: participants' files and tokens, signed requests, rate limits.",
    roles: [.provider],
    properties: [
      PropertyDescriptor(baseURL), PropertyDescriptor(tokenURL), PropertyDescriptor(clientID), PropertyDescriptor(clientSecret),
      PropertyDescriptor(participants), PropertyDescriptor(simulated), PropertyDescriptor(caFile),
      PropertyDescriptor(maximumConnections), PropertyDescriptor(connectTimeout), PropertyDescriptor(timeout),
    ])

  package let core: OAuthProvider

  /// Throws `Problems` for addresses that are none and for a missing client id. `ca_file` and `max_connections` are for whoever makes the
  /// environment's transport.
  package init(name: String, values: PropertyValues, environment: RuntimeEnvironment) throws {
    let wire = FitbitWire()
    let settings = try OAuthProvider.Settings(
      service: "FitbitWebAPI '\(name)'", wire: wire, baseURL: values[Self.baseURL], tokenURL: values[Self.tokenURL],
      clientID: values[Self.clientID], clientSecret: values[Self.clientSecret], participants: values[Self.participants],
      isSimulated: values[Self.simulated], connectTimeout: values[Self.connectTimeout], timeout: values[Self.timeout])
    core = OAuthProvider(wire: wire, settings: settings, environment: environment)
  }
}

extension OAuthProvider.Settings {
  /// Checks what a flow file and its parameters say; every problem at once, no secret in any.
  package init(
    service: String, wire: any ProviderWire, baseURL: String, tokenURL: String, clientID: String, clientSecret: String,
    participants: String, isSimulated: Bool, connectTimeout: Duration, timeout: Duration
  ) throws(Problems) {
    var problems: [Problem] = []
    let address = ProviderAddress(baseURL)
    if address == nil {
      problems.append(
        Problem(subject: service, found: "property 'base_url' is no address", expected: ProviderAddress.expected))
    }
    if !tokenURL.isEmpty, ProviderAddress(tokenURL) == nil {
      problems.append(
        Problem(subject: service, found: "property 'token_url' is no address", expected: ProviderAddress.expected))
    }
    if clientID.isEmpty, !isSimulated {
      problems.append(
        Problem(
          subject: service, found: "property 'client_id' is empty",
          expected: "the id of your application; only the simulator needs none",
          hint: "set the parameter client_id, or its environment variable"))
    }
    guard let address, problems.isEmpty else { throw Problems(problems) }
    self.init(
      address: address, tokenURL: tokenURL.isEmpty ? address.base + wire.tokenPath : tokenURL,
      client: ClientCredentials(
        id: clientID.isEmpty ? "simulator" : clientID, secret: clientSecret.isEmpty ? nil : clientSecret),
      participants: participants, isSimulated: isSimulated, connectTimeout: connectTimeout, timeout: timeout)
  }
}
