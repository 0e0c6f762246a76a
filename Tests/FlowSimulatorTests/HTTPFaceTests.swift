import Foundation
import Testing

@testable import FlowSimulator

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

@Suite("The HTTP server", .timeLimit(.minutes(5)))
struct HTTPFaceTests {
  @Test("token refresh and requests work over a loopback socket")
  func conversation() async throws {
    let simulator = try simulator()
    let base = try await simulator.start()
    #expect(base.hasPrefix("http://127.0.0.1:"))
    let token = try #require(try simulator.enrolments().first).refreshToken
    let refreshed = try await post(base + "/oauth2/token", "grant_type=refresh_token&client_id=&refresh_token=\(token)")
    #expect(refreshed.status == 200)
    let access = try #require(try refreshed.object()["access_token"] as? String)
    let day = "2026-03-08"
    let heart = try await get(
      base + "/1/user/-/activities/heart/date/\(day)/\(day)/1sec/time/00:00/23:59.json?timezone=UTC", bearer: access)
    #expect(heart.status == 200)
    #expect(heart.headers["Fitbit-Rate-Limit-Remaining"] == "149")
    #expect(try heart.object()["activities-heart-intraday"] != nil)
    await simulator.stop()
    await #expect(throws: (any Error).self) { try await get(base + "/1/user/-/profile.json", bearer: access) }
  }

  @Test("it restarts on another port and keeps its tokens")
  func restart() async throws {
    let simulator = try simulator()
    _ = try await simulator.start()
    await simulator.stop()
    let base = try await simulator.start()
    let answer = try await get(base + "/simulator/participants", bearer: "")
    #expect(answer.status == 200)
    let participants = try #require(try JSONSerialization.jsonObject(with: answer.data) as? [[String: Any]])
    #expect(participants.count == 25)
    await simulator.stop()
  }

  @Test("a request moves the clock")
  func clock() async throws {
    let simulator = try simulator()
    let base = try await simulator.start()
    let before = simulator.now
    let answer = try await post(base + "/simulator/clock", #"{"advance_seconds": 32400}"#)
    #expect(answer.status == 200)
    #expect(simulator.now == before + 32_400)
    #expect(try await post(base + "/simulator/clock", #"{"advance_seconds": -1}"#).status == 400)
    #expect(try await post(base + "/simulator/clock", "nonsense").status == 400)
    await simulator.stop()
  }

  @Test("a port in use is rejected with a reason")
  func portTaken() async throws {
    let first = try simulator()
    let base = try await first.start()
    let port = try #require(URL(string: base)?.port)
    let second = try simulator()
    await #expect(throws: SimulatorError.self) { try await second.start(port: port) }
    await first.stop()
  }

  @Test("a truncated response announces more than it sends", arguments: [Fault(.reset, share: 1), Fault(.truncate, share: 1)])
  func brokenConnections(fault: Fault) async throws {
    let simulator = try simulator { $0.faults = [fault] }
    let base = try await simulator.start()
    let token = try #require(try simulator.enrolments().first).refreshToken
    var broken = 0
    for _ in 0..<8 {
      do {
        let answer = try await post(base + "/oauth2/token", "grant_type=refresh_token&client_id=&refresh_token=\(token)")
        _ = try answer.object()
      } catch {
        broken += 1
      }
    }
    #expect(broken == 8)
    await simulator.stop()
  }

  @Test("a body can break off after any byte, before the body, or without its last chunk", arguments: [
    Fault(.cut(bytes: 0), share: 1), Fault(.cut(bytes: 1), share: 1), Fault(.cut(bytes: 40), share: 1), Fault(.cut(bytes: 1_000_000), share: 1),
    Fault(.lastChunkMissing, share: 1),
  ])
  func brokenFrames(fault: Fault) async throws {
    let simulator = try simulator { $0.faults = [fault] }
    let base = try await simulator.start()
    let token = try #require(try simulator.enrolments().first).refreshToken
    await #expect(throws: (any Error).self) {
      try await post(base + "/oauth2/token", "grant_type=refresh_token&client_id=&refresh_token=\(token)")
    }
    #expect(try simulator.enrolments().first?.refreshToken != token, "the token is used up all the same")
    await simulator.stop()
  }

  @Test("the current truth is returned, including nights")
  func truth() async throws {
    let simulator = try simulator { $0.participants = 2 }
    let base = try await simulator.start()
    let answer = try await get(base + "/simulator/truth?detail=1min", bearer: "")
    let lines = String(decoding: answer.data, as: UTF8.self).split(separator: "\n")
    let tables = try Set(lines.map { line in
      try (JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["table"] as? String
    })
    #expect(tables.isSuperset(of: ["fitbit_intraday_hr", "fitbit_sleep_log", "fitbit_sleep_stage", "fitbit_daily_skin_temperature"]))
    #expect(try await get(base + "/simulator/truth?detail=never", bearer: "").status == 400)
    await simulator.stop()
  }

  private struct Answer {
    let status: Int
    let headers: [String: String]
    let data: Data

    func object() throws -> [String: Any] {
      guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
        throw Unexpected(what: "not an object")
      }
      return object
    }
  }

  private func get(_ url: String, bearer: String) async throws -> Answer {
    var request = URLRequest(url: try #require(URL(string: url)))
    request.setValue("Bearer " + bearer, forHTTPHeaderField: "Authorization")
    return try await send(request)
  }

  private func post(_ url: String, _ body: String) async throws -> Answer {
    var request = URLRequest(url: try #require(URL(string: url)))
    request.httpMethod = "POST"
    request.httpBody = Data(body.utf8)
    return try await send(request)
  }

  private func send(_ request: URLRequest) async throws -> Answer {
    let session = URLSession(configuration: .ephemeral)
    defer { session.invalidateAndCancel() }
    let (data, response) = try await session.data(for: request)
    let http = try #require(response as? HTTPURLResponse)
    var headers: [String: String] = [:]
    for (name, value) in http.allHeaderFields { headers["\(name)"] = "\(value)" }
    return Answer(status: http.statusCode, headers: headers, data: data)
  }
}
