import FlowCore
import Testing

@testable import FlowServices

@Suite("Latest sync and zone")
struct SyncStatusTests {
  private static func world(profile: HTTPResponse = .json(200, Payload.profile), devices: HTTPResponse) -> TokenWorld {
    let world = TokenWorld(tokens: RotatingTokens()) { request, _ in request.url.hasSuffix("profile.json") ? profile : devices }
    world.participant()
    return world
  }
  private static func tracker(_ time: String) -> String { #"[{"type":"TRACKER","lastSyncTime":\#(time)}]"# }

  @Test(
    "the latest sync of a tracker counts, in the profile's zone",
    arguments: [
      (Payload.devices, SyncStatus.synced(Instant(rfc3339: "2026-08-15T20:14:22Z")!, zone: "America/Los_Angeles")),
      (
        #"[{"type":"TRACKER","lastSyncTime":"2026-08-15T13:14:22.000"},{"type":"TRACKER","lastSyncTime":"2026-08-15T14:00:00.000"},{"type":"TRACKER"}]"#,
        .synced(Instant(rfc3339: "2026-08-15T21:00:00Z")!, zone: "America/Los_Angeles")
      ),
      // In the hour that comes twice, the first one; in the hour that is left out, the one before the change.
      (tracker(#""2026-11-01T01:30:00.000""#), .synced(Instant(rfc3339: "2026-11-01T08:30:00Z")!, zone: "America/Los_Angeles")),
      (tracker(#""2026-03-08T02:30:00.000""#), .synced(Instant(rfc3339: "2026-03-08T09:30:00Z")!, zone: "America/Los_Angeles")),
      // The machine's clock plays no part.
      (tracker(#""2199-01-01T00:00:00.000""#), .synced(Instant(rfc3339: "2199-01-01T08:00:00Z")!, zone: "America/Los_Angeles")),
      ("[]", .noTracker(zone: "America/Los_Angeles")),
      (#"[{"type":"SCALE","lastSyncTime":"2026-08-14T07:10:00.000"},{"type":"MOBILE","deviceVersion":"MobileTrack"}]"#, .noTracker(zone: "America/Los_Angeles")),
      (#"[{"type":"TRACKER"}]"#, .neverSynced(zone: "America/Los_Angeles", reason: nil)),
      (tracker("null"), .neverSynced(zone: "America/Los_Angeles", reason: nil)),
      (tracker(#""yesterday""#), .neverSynced(zone: "America/Los_Angeles", reason: "lastSyncTime of its tracker is no local time such as 2026-08-15T13:14:22.000")),
      (tracker("1786"), .neverSynced(zone: "America/Los_Angeles", reason: "lastSyncTime of its tracker is no local time such as 2026-08-15T13:14:22.000")),
    ])
  func devices(_ body: String, expected: SyncStatus) async throws {
    let world = Self.world(devices: .json(200, body))
    let provider = try world.provider()
    #expect(try await provider.syncStatus(of: "P1") == expected)
    if case .synced(let latest, _) = expected { #expect(try await provider.snapshot(of: "P1").latestSync == latest) }
    try await provider.release("P1", previousSync: nil)
    #expect(try world.file().zone == "America/Los_Angeles")
  }

  @Test(
    "an answer that cannot be trusted is an error, never an absence",
    arguments: [
      (HTTPResponse.html(200), Cause.notJSON), (.json(200, "[{\"type\":"), .badData), (.json(200, "{}"), .badData),
      (.json(500, Payload.error("system")), .serverError), (.html(502), .serverError),
      (.json(429, "{}", ["Retry-After": "90"]), .rateLimited), (.json(404, "{}"), .notFound),
    ])
  func failures(_ response: HTTPResponse, cause: Cause) async throws {
    let provider = try Self.world(devices: response).provider()
    let error = await failure { _ = try await provider.syncStatus(of: "P1") } as? ProcessorError
    #expect(error?.failure.cause == cause)
    #expect(error?.description.hasPrefix("/1/user/-/devices.json") == true)
  }

  @Test("half an emoji in a display name costs nothing", arguments: [#"A \ud83d"#, #"\ude00 B"#])
  func brokenName(_ name: String) async throws {
    let profile = #"{"user":{"displayName":"\#(name)","timezone":"America/Los_Angeles"}}"#
    let provider = try Self.world(profile: .json(200, profile), devices: .json(200, Payload.devices)).provider()
    guard case .synced(_, let zone) = try await provider.syncStatus(of: "P1") else { throw Problem(found: "no latest sync") }
    #expect(zone == "America/Los_Angeles")
  }

  @Test("a zone that this machine does not know is bad data", arguments: [#"{"user":{"timezone":"Mars/Olympus"}}"#, "{}", "[]", #"{"user":{"timezone":7}}"#])
  func unknownZone(_ profile: String) async throws {
    let provider = try Self.world(profile: .json(200, profile), devices: .json(200, "[]")).provider()
    let error = await failure { _ = try await provider.syncStatus(of: "P1") } as? ProcessorError
    #expect(error?.failure.cause == .badData)
  }

  @Test("a refused profile falls back on the file's zone, and is not asked again; without a zone it stops the participant")
  func refusedProfile() async throws {
    let world = Self.world(profile: .json(403, Payload.error("insufficient_scope")), devices: .json(200, Payload.devices))
    let provider = try world.provider()
    let error = await failure { _ = try await provider.syncStatus(of: "P1") } as? ProcessorError
    #expect(error?.failure.cause == .scope)
    try await provider.close()
    let text = try #require(world.files.text("batch/P1.json"))
    world.files.put("batch/P1.json", text.replacing("\"enrolled\"", with: "\"zone\": \"Europe/Berlin\", \"enrolled\""))
    let next = try world.provider()
    #expect(try await next.syncStatus(of: "P1") == .synced(Instant(rfc3339: "2026-08-15T11:14:22Z")!, zone: "Europe/Berlin"))
    #expect(world.transport.requests(to: "profile.json").count == 1)
  }

  @Test("410 and refused credentials stop the run", arguments: [HTTPResponse.json(410, "{}"), .json(401, Payload.error("invalid_client"))])
  func stops(_ response: HTTPResponse) async throws {
    let provider = try Self.world(devices: response).provider()
    #expect(await failure { _ = try await provider.syncStatus(of: "P1") } is StopRun)
  }
}
