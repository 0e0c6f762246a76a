import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Latest sync and zone at Google Health")
struct GoogleHealthSyncTests {
  private static func provider(
    settings: HTTPResponse = .json(200, GoogleHealthAPITests.settings), _ more: String = "",
    devices: @escaping @Sendable (String) -> HTTPResponse
  ) throws -> (TokenWorld, OAuthProvider) {
    let world = TokenWorld(tokens: RotatingTokens()) { request, _ in
      if request.url.hasSuffix("/identity") { return .json(200, GoogleHealthAPITests.identity) }
      return request.url.hasSuffix("/settings") ? settings : devices(request.url)
    }
    world.participant("P1", more)
    return (world, try world.provider(wire: GoogleHealthWire()))
  }
  private static func tracker(_ time: String) -> String { #"{"pairedDevices":[{"deviceType":"TRACKER","lastSyncTime":\#(time)}]}"# }
  private static let zone = "America/New_York"
  private static func utc(_ text: String) -> Instant { Instant(rfc3339: text) ?? Instant(seconds: 0) }

  @Test(
    "what is not understood needs a person, and so does a sync that has yet to come",
    arguments: [
      tracker(#""2026-08-15T13:14:22""#), tracker("7"), tracker(#""2199-01-01T00:00:00Z""#),
      #"{"pairedDevices":[{"deviceType":"DEVICE_TYPE_UNSPECIFIED"}]}"#, #"{"pairedDevices":[{"lastSyncTime":"2026-08-14T07:10:00Z"}]}"#,
    ])
  func notUnderstood(_ devices: String) async throws {
    let (_, provider) = try Self.provider { _ in .json(200, devices) }
    #expect((await failure { _ = try await provider.syncStatus(of: "P1") } as? ProcessorError)?.failure.cause == .badData)
  }

  @Test(
    "the latest sync of a tracker counts",
    arguments: [
      (GoogleHealthAPITests.devices, SyncStatus.synced(utc("2026-08-15T17:14:22Z"), zone: zone)),
      (
        #"{"pairedDevices":[{"deviceType":"TRACKER","lastSyncTime":"2026-08-15T17:14:22Z"},{"deviceType":"TRACKER","lastSyncTime":"2026-08-15T18:00:00.5Z"},{"deviceType":"TRACKER"}]}"#,
        .synced(utc("2026-08-15T18:00:00.5Z"), settled: utc("2026-08-15T17:14:22Z"), zone: zone)
      ),
      ("{}", .noTracker(zone: zone)),
      (#"{"pairedDevices":[{"deviceType":"SCALE","lastSyncTime":"2026-08-14T07:10:00Z"}]}"#, .noTracker(zone: zone)),
      (
        #"{"pairedDevices":[{"deviceType":"TRACKER","deviceVersion":"Inspire 3","lastSyncTime":"2026-08-15T17:00:00Z"},{"deviceType":"TRACKER","deviceVersion":"MobileTrack","lastSyncTime":"2026-08-16T17:00:00Z"}]}"#,
        .synced(utc("2026-08-15T17:00:00Z"), zone: zone)
      ),
      (#"{"pairedDevices":[{"deviceType":"TRACKER"}]}"#, .neverSynced(zone: zone)),
    ])
  func devices(_ body: String, expected: SyncStatus) async throws {
    let (world, provider) = try Self.provider { _ in .json(200, body) }
    #expect(try await provider.syncStatus(of: "P1") == expected)
    #expect(world.transport.requests.map { $0.url.replacing("https://provider.example", with: "") }.suffix(2) == ["/v4/users/me/settings", "/v4/users/me/pairedDevices"])
  }

  @Test("pages of devices are followed; one that comes again is bad data")
  func pages() async throws {
    let (_, provider) = try Self.provider { url in
      url.hasSuffix("?pageToken=P%2F2") ? .json(200, Self.tracker(#""2026-08-15T17:14:22Z""#)) : .json(200, #"{"nextPageToken":"P/2"}"#)
    }
    #expect(try await provider.syncStatus(of: "P1") == .synced(Instant(rfc3339: "2026-08-15T17:14:22Z")!, zone: Self.zone))
    let (_, endless) = try Self.provider { _ in .json(200, #"{"nextPageToken":"P2"}"#) }
    #expect((await failure { _ = try await endless.syncStatus(of: "P1") } as? ProcessorError)?.failure.cause == .badData)
  }

  @Test(
    "without a zone by name the known one stays where its offset is the one named, else the offset is the zone",
    arguments: [
      (#"{"utcOffset":"-14400s"}"#, "", "Etc/GMT+4"), (#"{"utcOffset":"0s"}"#, "", "Etc/GMT"),
      (#"{"timeZone":"Mars/Olympus","utcOffset":"19800s"}"#, "", "GMT+0530"),
      (#"{"utcOffset":"-14400s"}"#, #", "zone": "America/New_York""#, "America/New_York"),
      (#"{"utcOffset":"-14400s"}"#, #", "zone": "Europe/Berlin""#, "Etc/GMT+4"),
    ])
  func offsets(_ settings: String, _ more: String, zone: String) async throws {
    let (_, provider) = try Self.provider(settings: .json(200, settings), more) { _ in .json(200, GoogleHealthAPITests.devices) }
    #expect(try await provider.syncStatus(of: "P1") == .synced(Instant(rfc3339: "2026-08-15T17:14:22Z")!, zone: zone))
    #expect(CivilZone(zone) != nil)
  }

  @Test("neither zone nor offset is bad data", arguments: ["{}", #"{"utcOffset":"4h"}"#, #"{"utcOffset":"-14401s"}"#, #"{"timeZone":7}"#])
  func noZone(_ settings: String) async throws {
    let (_, provider) = try Self.provider(settings: .json(200, settings)) { _ in .json(200, GoogleHealthAPITests.devices) }
    #expect((await failure { _ = try await provider.syncStatus(of: "P1") } as? ProcessorError)?.failure.cause == .badData)
  }

  @Test(
    "an answer that cannot be trusted is an error, never an absence",
    arguments: [
      (HTTPResponse.html(200), Cause.notJSON), (.json(200, "{\"pairedDevices\":["), .badData), (.json(200, "[]"), .badData),
      (.json(200, #"{"pairedDevices":{}}"#), .badData), (.html(502), .serverError), (.html(404), .notFound),
      (.json(412, #"{"error":{"code":412,"status":"FAILED_PRECONDITION"}}"#), .needsConsent), (.json(429, "{}"), .rateLimited),
    ])
  func failures(_ response: HTTPResponse, cause: Cause) async throws {
    let (_, provider) = try Self.provider { _ in response }
    #expect((await failure { _ = try await provider.syncStatus(of: "P1") } as? ProcessorError)?.failure.cause == cause)
  }
}
