import FlowBase
import Foundation
import NIOCore
import Testing

@testable import FlowSimulator

/// A client that calls the simulator without a socket: one participant, with token refresh as needed.
struct WireClient {
  private(set) var simulator: Simulator
  let participant: SimulatedParticipant
  var accessToken = ""
  var refreshToken: String

  init(_ simulator: Simulator, _ name: String) throws {
    self.simulator = simulator
    let enrolments = try simulator.enrolments()
    guard let participant = simulator.population.participant(named: name),
      let enrolment = enrolments.first(where: { $0.participant == name })
    else { throw Unexpected(what: "no participant \(name)") }
    self.participant = participant
    refreshToken = enrolment.refreshToken
  }

  /// A client with an access token.
  static func signedIn(_ simulator: Simulator, _ name: String = "P0001") async throws -> WireClient {
    var client = try WireClient(simulator, name)
    try await client.refresh()
    return client
  }

  /// The same client with another simulator.
  func moved(to simulator: Simulator) -> WireClient {
    var client = self
    client.simulator = simulator
    return client
  }

  func requestToken(_ token: String) async throws -> WireReply {
    let form = "grant_type=refresh_token&client_id=&refresh_token=\(token)"
    return try await simulator.wire.respond(to: WireRequest(method: "POST", path: "/oauth2/token", body: form))
  }

  mutating func refresh() async throws {
    let reply = try await requestToken(refreshToken)
    guard reply.status == 200 else { throw Unexpected(what: reply.text) }
    let answer = try reply.json()
    accessToken = answer["access_token"] as? String ?? ""
    refreshToken = answer["refresh_token"] as? String ?? refreshToken
  }

  func send(_ method: String, _ path: String, query: [String: String] = [:], body: String = "") async throws -> WireReply {
    try await simulator.wire.respond(
      to: WireRequest(method: method, path: path, query: query, authorization: "Bearer " + accessToken, body: body))
  }

  /// A small request permitted for every participant.
  func devices() async throws -> WireReply {
    switch simulator.configuration.api {
    case .fitbit: try await get("/1/user/-/devices.json")
    case .googleHealth: try await get("/v4/users/me/pairedDevices")
    }
  }

  /// The provider's data of one day, or of a part of it.
  func day(_ date: CivilDate) async throws -> WireReply {
    switch simulator.configuration.api {
    case .fitbit: try await get("/1/user/-/activities/date/\(date).json")
    case .googleHealth: try await dailyRollUp("total-calories", date)
    }
  }

  func get(_ path: String, query: [String: String] = [:]) async throws -> WireReply {
    try await send("GET", path, query: query)
  }

  /// The samples of an intraday response.
  func intraday(
    _ resource: String, from: (date: String, time: String), to: (date: String, time: String), detail: String = "1min",
    query: [String: String] = [:]
  ) async throws -> [Sample] {
    let path = "/1/user/-/activities/\(resource)/date/\(from.date)/\(to.date)/\(detail)/time/\(from.time)/\(to.time).json"
    let reply = try await get(path, query: query)
    guard reply.status == 200 else { throw Unexpected(what: reply.text) }
    return try reply.samples(resource)
  }
}

struct Sample: Equatable {
  let time: String
  let value: Int
}

struct Unexpected: Error {
  let what: String
}

extension WireReply {
  var text: String { String(buffer: body) }

  func json() throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
      throw Unexpected(what: text)
    }
    return object
  }

  func samples(_ resource: String) throws -> [Sample] {
    guard let intraday = try json()["activities-\(resource)-intraday"] as? [String: Any],
      let dataset = intraday["dataset"] as? [[String: Any]]
    else { throw Unexpected(what: text) }
    return dataset.map { Sample(time: $0["time"] as? String ?? "", value: $0["value"] as? Int ?? -1) }
  }

  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// A simulator with defaults, modified by the test.
func simulator(
  _ api: SimulatorConfiguration.API = .fitbit, _ change: (inout SimulatorConfiguration) -> Void = { _ in }
) throws -> Simulator {
  var configuration = SimulatorConfiguration()
  configuration.api = api
  change(&configuration)
  return try Simulator(configuration)
}

/// A folder that is removed with the last reference to it.
final class TestFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("simulator-" + UUID().uuidString).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      Issue.record("cannot remove \(path): \(error)")
    }
  }
}
