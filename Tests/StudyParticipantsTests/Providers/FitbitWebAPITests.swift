import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("FitbitWebAPI")
struct FitbitWebAPITests {
  private func values(_ given: [String: String]) throws -> PropertyValues {
    struct NoExpressions: ExpressionCompiler {
      func compile(_ text: String) throws -> any AttributeExpression {
        throw Diagnostic(.expressionSyntax, at: Diagnostic.Place(offset: 0), found: "an expression", expected: "none")
      }
    }
    let place = SourcePosition(line: 1, column: 1)
    let node = ConfigurationNode(
      .map(given.sorted { $0.key < $1.key }.map {
        (key: .init(text: $0.key, position: place), value: ConfigurationNode(.scalar($0.value), position: place))
      }),
      position: place)
    let reader = PropertyReader(file: nil, subject: "FitbitWebAPI", compiler: NoExpressions(), services: [:])
    return try #require(reader.read(node, properties: FitbitWebAPI.descriptor.properties))
  }

  @Test("is made from its properties and collects a batch through the service protocol")
  func service() async throws {
    let world = TokenWorld(tokens: RotatingTokens()) { request, _ in
      .json(200, request.url.hasSuffix("profile.json") ? Payload.profile : Payload.devices)
    }
    world.participant("P1", #", "provider": "simulator""#)
    let service: any ProviderService = try FitbitWebAPI.make(
      name: "fitbit", values: values(["base_url": "http://127.0.0.1:1", "participants": "batch", "simulated": "true", "client_id": ""]),
      environment: world.environment)
    try await service.prepare()
    #expect(service.provider == "fitbit")
    #expect(try await service.listParticipants() == [ParticipantListing(name: "P1")])
    guard case .leased(let snapshot) = try await service.lease("P1") else { Issue.record(); return }
    #expect(snapshot.enrolled == snapshot.previousSync)
    try await service.authorize("P1")
    #expect(try await service.syncStatus(of: "P1") == .synced(Instant(rfc3339: "2026-08-15T20:14:22Z")!, zone: "America/Los_Angeles"))
    try await service.release("P1", previousSync: Instant(rfc3339: "2026-08-15T20:14:00Z"))
    try await service.close()
    let file = try world.file()
    #expect(file.previousSync.text == "2026-08-15T20:14:00Z")
    #expect(file.enrolled.text == "2026-01-05T00:00:00Z")
    #expect(file.provider == "simulator")
    #expect(world.files.openCount == 0)
  }

  @Test("the client secret is declared sensitive, and every property is documented")
  func declaration() {
    let properties = FitbitWebAPI.descriptor.properties
    #expect(properties.filter(\.isSensitive).map(\.name) == ["client_secret"])
    #expect(properties.allSatisfy { $0.documentation.hasSuffix(".") })
  }
}
