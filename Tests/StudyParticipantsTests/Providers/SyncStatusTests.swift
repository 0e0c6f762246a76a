import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants


@Suite("Latest sync and zone")
struct SyncStatusTests {
  private static let zone = "America/Los_Angeles"
  private static func world(profile: HTTPResponse = .json(200, Payload.profile), devices: HTTPResponse) -> TokenWorld {
    let world = TokenWorld(tokens: RotatingTokens()) { request, _ in request.url.hasSuffix("profile.json") ? profile : devices }
    world.participant()
    return world
  }
  private static func tracker(_ time: String) -> String { #"[{"type":"TRACKER","lastSyncTime":\#(time)}]"# }
  /// A tracker and another one that synced so many days earlier.
  private static func two(daysBefore days: Int) -> String {
    #"[{"type":"TRACKER","lastSyncTime":"2026-08-15T13:00:00.000"},{"type":"TRACKER","lastSyncTime":"2026-08-0\#(15 - days)T13:00:00.000"}]"#
  }
  private static func utc(_ text: String) -> Instant { Instant(rfc3339: text) ?? Instant(seconds: 0) }

  @Test(
    "the latest sync of a tracker counts, in the profile's zone",
    arguments: [
      (Payload.devices, SyncStatus.synced(utc("2026-08-15T20:14:22Z"), zone: zone)),
      (
        #"[{"type":"TRACKER","lastSyncTime":"2026-08-15T13:14:22.000"},{"type":"TRACKER","lastSyncTime":"2026-08-15T14:00:00.000"},{"type":"TRACKER"}]"#,
        .synced(utc("2026-08-15T21:00:00Z"), settled: utc("2026-08-15T20:14:22Z"), zone: zone)
      ),
      // One that has not synced for longer than trackers keep minutes is not worn.
      (two(daysBefore: 7), .synced(utc("2026-08-15T20:00:00Z"), settled: utc("2026-08-08T20:00:00Z"), zone: zone)),
      (two(daysBefore: 8), .synced(utc("2026-08-15T20:00:00Z"), zone: zone)),
      // In the hour that comes twice, the first one; in the hour that is left out, the one before the change.
      (tracker(#""2025-11-02T01:30:00.000""#), .synced(utc("2025-11-02T08:30:00Z"), zone: zone)),
      (tracker(#""2026-03-08T02:30:00.000""#), .synced(utc("2026-03-08T09:30:00Z"), zone: zone)),
      // A day ahead of the provider's answer at most, whatever this machine's clock says.
      (tracker(#""2026-08-17T04:59:59.000""#), .synced(utc("2026-08-17T11:59:59Z"), zone: zone)),
      ("[]", .noTracker(zone: zone)),
      (#"[{"type":"SCALE","lastSyncTime":"2026-08-14T07:10:00.000"},{"type":"MOBILE","deviceVersion":"MobileTrack"}]"#, .noTracker(zone: zone)),
      // The phone, whatever its type says and however late it synced; its time is not read.
      (
        #"[{"type":"TRACKER","deviceVersion":"MobileTrack","lastSyncTime":"2026-08-16T11:00:00.000"},{"type":"TRACKER","deviceVersion":"Charge 5","lastSyncTime":"2026-08-15T13:14:22.000"}]"#,
        .synced(utc("2026-08-15T20:14:22Z"), zone: zone)
      ),
      (#"[{"type":"TRACKER","deviceVersion":"MobileTrack","lastSyncTime":"soon"}]"#, .noTracker(zone: zone)),
      (#"[{"type":"TRACKER"}]"#, .neverSynced(zone: zone)),
      (tracker("null"), .neverSynced(zone: zone)),
    ])
  func devices(_ body: String, expected: SyncStatus) async throws {
    let world = Self.world(devices: .json(200, body))
    let provider = try world.provider()
    #expect(try await provider.syncStatus(of: "P1") == expected)
    if case .synced(let latest, _, _) = expected { #expect(try await provider.snapshot(of: "P1").latestSync == latest) }
    try await provider.release("P1", previousSync: nil)
    #expect(try world.file().zone == "America/Los_Angeles")
  }

  @Test(
    "what is not understood needs a person: it is not the same as absent",
    arguments: [
      (tracker(#""yesterday""#), "lastSyncTime of the tracker is a string; expected a local time such as 2026-08-15T13:14:22.000"),
      (tracker("1786"), "lastSyncTime of the tracker is a number; expected a local time such as 2026-08-15T13:14:22.000"),
      (tracker(#""2026-08-15T13:14:22Z""#), "lastSyncTime of the tracker is '2026-08-15T13:14:22Z'; expected a local time such as 2026-08-15T13:14:22.000"),
      (#"[{"type":"TRACKER","lastSyncTime":"2026-08-15T13:14:22.000"},{"type":"TRACKER","deviceVersion":"Luxe","lastSyncTime":""}]"#, "lastSyncTime of the tracker 'Luxe' is an empty string; expected a local time such as 2026-08-15T13:14:22.000"),
      (#"[{"type":"RING","deviceVersion":"Air 2"}]"#, "type of the device 'Air 2' is 'RING'; expected TRACKER or SCALE: what it is decides up to when data can be complete"),
      (#"[{"lastSyncTime":"2026-08-14T07:10:00.000"}]"#, "type of the device is missing; expected TRACKER or SCALE: what it is decides up to when data can be complete"),
      ("[null]", "type of the device is missing; expected TRACKER or SCALE: what it is decides up to when data can be complete"),
    ])
  func notUnderstood(_ devices: String, says: String) async throws {
    let provider = try Self.world(devices: .json(200, devices)).provider()
    let error = await failure { _ = try await provider.syncStatus(of: "P1") } as? ProcessorError
    #expect(error?.failure.cause == .badData)
    #expect(error?.description == "/1/user/-/devices.json: " + says)
  }

  @Test(
    "a sync more than a day after the provider's own time is refused; without that time the machine's clock counts",
    arguments: [
      ("2026-08-17T05:00:01.000", "Sun, 16 Aug 2026 12:00:00 GMT"), ("2036-01-01T00:00:00.000", "Sun, 16 Aug 2026 12:00:00 GMT"),
      ("9999-12-31T23:59:59.999", "Sun, 16 Aug 2026 12:00:00 GMT"), ("2026-08-08T13:14:22.000", "yesterday"),
    ])
  func future(_ sync: String, date: String) async throws {
    let world = Self.world(devices: .json(200, Self.tracker("\"\(sync)\""), ["Date": date]))
    let provider = try world.provider()
    let error = await failure { _ = try await provider.syncStatus(of: "P1") } as? ProcessorError
    #expect(error?.failure.cause == .badData)
    let answered: String = date == "yesterday" ? world.time.now.dateUTC.text : "2026-08-16T12:00:00Z"
    let words = error?.description ?? ""
    let ending = "more than a day after the provider's answer of " + answered
    #expect(words.hasPrefix("participant P1: the latest sync of the tracker is "))
    #expect(words.contains(ending))
    try await provider.close()
    #expect(try world.file().sync.latest == nil)
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

  @Test("half an emoji in a display name is tolerated", arguments: [#"A \ud83d"#, #"\ude00 B"#])
  func brokenName(_ name: String) async throws {
    let profile = #"{"user":{"displayName":"\#(name)","timezone":"America/Los_Angeles"}}"#
    let provider = try Self.world(profile: .json(200, profile), devices: .json(200, Payload.devices)).provider()
    guard case .synced(_, _, let zone) = try await provider.syncStatus(of: "P1") else { throw Diagnostic(.participantFile, found: "no latest sync") }
    #expect(zone == "America/Los_Angeles")
  }

  @Test("a zone that this machine does not know is bad data", arguments: [#"{"user":{"timezone":"Mars/Olympus"}}"#, "{}", "[]", #"{"user":{"timezone":7}}"#])
  func unknownZone(_ profile: String) async throws {
    let provider = try Self.world(profile: .json(200, profile), devices: .json(200, "[]")).provider()
    let error = await failure { _ = try await provider.syncStatus(of: "P1") } as? ProcessorError
    #expect(error?.failure.cause == .badData)
  }

  @Test("an offset that contradicts the zone's rules is reported with the participant's snapshot", arguments: [(-25_200_000, false), (-21_600_000, true)])
  func contradiction(milliseconds: Int, isTold: Bool) async throws {
    let profile = #"{"user":{"offsetFromUTCMillis":\#(milliseconds),"timezone":"America/Los_Angeles"}}"#
    let provider = try Self.world(profile: .json(200, profile), devices: .json(200, Payload.devices)).provider()
    _ = try await provider.syncStatus(of: "P1")
    #expect(try await (provider.snapshot(of: "P1").zoneDoubt != nil) == isTold)
  }

  @Test("a refused profile falls back on the file's zone and is not requested again; without a zone it stops the participant")
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
