import FlowCore
import Foundation
import NIOCore
import Testing

@testable import FlowSimulator

@Suite("Simulated activities and bodies")
struct ActivityTests {
  private static func configuration(_ api: SimulatorConfiguration.API) -> SimulatorConfiguration {
    var configuration = SimulatorConfiguration()
    configuration.api = api
    configuration.participants = 10
    configuration.days = 8
    configuration.rateLimit = 100_000
    configuration.limiterClock = { 0 }
    return configuration
  }

  private static func reply(_ simulator: Simulator, _ number: Int, _ target: String, language: String? = nil) async throws -> WireReply {
    let token = try #require(try simulator.enrolments().first { $0.participant == "P000\(number)" }).refreshToken
    let form = WireRequest(method: "POST", path: "/oauth2/token", body: "grant_type=refresh_token&refresh_token=\(token)&client_id=x")
    let answer = try await simulator.wire.respond(to: form)
    let access = try #require((try JSONSerialization.jsonObject(with: Data(answer.body.readableBytesView)) as? [String: Any])?["access_token"] as? String)
    var request = WireRequest(method: "GET", target: target, authorization: "Bearer \(access)", body: "", origin: "https://api.fitbit.com")
    request.language = language
    return try await simulator.wire.respond(to: request)
  }

  private static func object(_ reply: WireReply) throws -> [String: Any] {
    #expect(reply.status == 200, "\(String(buffer: reply.body))")
    return try #require(try JSONSerialization.jsonObject(with: Data(reply.body.readableBytesView)) as? [String: Any])
  }

  @Test("the odd cases occur: long identifiers, entries that were typed in or edited, absent members, numbers as text, a day's border")
  func oddCases() throws {
    let simulator = try Simulator(Self.configuration(.fitbit))
    let all = simulator.population.participants.flatMap { ActivityLog(of: $0, now: simulator.truth().now)?.all() ?? [] }
    #expect(all.contains(where: \.hasNoDetail) && !all.allSatisfy(\.hasNoDetail))
    #expect(all.contains(where: \.isEdited) && all.contains { $0.record == .manual } && all.contains { $0.record == .autoDetected })
    #expect(all.contains { $0.steps == nil } && all.contains { $0.centimetres == nil } && all.contains { $0.averageHeartRate == nil })
    #expect(all.contains(where: \.isPhoneGPS) && all.contains { $0.laps.count > 2 } && all.contains { $0.number / 10 % 5 == 0 && $0.steps != nil })
    #expect(Set(all.map(\.number)).count == all.count)
    for participant in simulator.population.participants {
      guard let log = ActivityLog(of: participant, now: simulator.truth().now) else { continue }
      for activity in log.all() { #expect(log.activity(numbered: activity.number)?.instants == activity.instants) }
    }
    let crossing = simulator.population.participants.contains { participant in
      (ActivityLog(of: participant, now: simulator.truth().now)?.all() ?? []).contains {
        participant.zone.day(at: $0.instants.lowerBound) != participant.zone.day(at: $0.instants.upperBound - 1)
      }
    }
    #expect(crossing)
  }

  @Test("the list is paginated by links whose offset is not 0; more than 100 entries, two dates or another order are refused")
  func list() async throws {
    let simulator = try Simulator(Self.configuration(.fitbit))
    let path = "/1/user/-/activities/list.json?afterDate=2026-02-20&sort=asc&offset=0"
    let whole = try Self.object(try await Self.reply(simulator, 1, path + "&limit=100"))
    let entries = try #require(whole["activities"] as? [[String: Any]])
    #expect(entries.count > 5 && (whole["pagination"] as? [String: Any])?["next"] as? String == "")
    var pages: [[String: Any]] = []
    var next = path + "&limit=2"
    while !next.isEmpty {
      let page = try Self.object(try await Self.reply(simulator, 1, next))
      pages += try #require(page["activities"] as? [[String: Any]])
      let link = try #require((page["pagination"] as? [String: Any])?["next"] as? String)
      #expect(link.isEmpty || link.hasPrefix("https://api.fitbit.com/1/user/-/activities/list.json?offset=") && !link.contains("offset=0&"))
      next = String(link.trimmingPrefix("https://api.fitbit.com"))
    }
    #expect(pages.map { "\($0["logId"] ?? "")" } == entries.map { "\($0["logId"] ?? "")" })
    for wrong in ["&limit=101", "&limit=2&beforeDate=2026-03-12"] { #expect(try await Self.reply(simulator, 1, path + wrong).status == 400) }
    #expect(try await Self.reply(simulator, 1, path.replacing("asc", with: "desc") + "&limit=2").status == 400)
  }

  @Test("details are missing for long identifiers, and some have no object around them; tracks need consent for places too")
  func details() async throws {
    var configuration = Self.configuration(.fitbit)
    let simulator = try Simulator(configuration)
    let activities = try #require(ActivityLog(of: simulator.population.participants[0], now: simulator.truth().now)).all()
    for activity in activities {
      let detail = try await Self.reply(simulator, 1, "/1.1/user/-/activities/\(activity.number).json")
      #expect(detail.status == (activity.hasNoDetail ? 404 : 200))
      let track = try await Self.reply(simulator, 1, "/1/user/-/activities/\(activity.number).tcx?includePartialTCX=true")
      #expect(track.status == (activity.record == .manual ? 404 : 200))
      guard track.status == 200 else { continue }
      #expect(track.contentType == "application/vnd.garmin.tcx+xml")
      let text = String(buffer: track.body)
      #expect(text.components(separatedBy: "<Trackpoint>").count - 1 == activity.points.count && text.contains("<Position>") == activity.hasPositions)
      let usual = String(buffer: try await Self.reply(simulator, 1, "/1/user/-/activities/\(activity.number).tcx").body)
      #expect(usual.contains("<Trackpoint>") == activity.hasPositions && usual.contains("<Lap "))
    }
    configuration.faults = [Fault(.scope(.location), share: 1)]
    let refusing = try Simulator(configuration)
    let number = try #require(activities.first { $0.record != .manual }).number
    #expect(try await Self.reply(refusing, 1, "/1/user/-/activities/\(number).tcx").status == 403)
    #expect(try await Self.reply(refusing, 1, "/1.1/user/-/activities/\(number).json").status != 403)
  }

  @Test("weights are in the unit of the request's language; ranges are limited")
  func weights() async throws {
    let simulator = try Simulator(Self.configuration(.fitbit))
    func weights(_ language: String?) async throws -> [Double] {
      let answer = try Self.object(try await Self.reply(simulator, 1, "/1/user/-/body/log/weight/date/2026-03-01/2026-03-15.json", language: language))
      return try #require(answer["weight"] as? [[String: Any]]).compactMap { $0["weight"] as? Double }
    }
    let kilograms = try await weights(nil), pounds = try await weights("en_US")
    #expect(kilograms.count > 3 && kilograms.count == pounds.count && zip(kilograms, pounds).allSatisfy { abs($1 / $0 - 2.2046) < 0.001 })
    for (resource, days) in [("body/log/weight", 31), ("body/log/fat", 30), ("cardioscore", 30)] {
      for (more, status) in [(0, 200), (1, 400)] {
        let last = CivilDate(year: 2026, month: 2, day: 1).advanced(byDays: Int64(days - 1 + more)).text
        #expect(try await Self.reply(simulator, 1, "/1/user/-/\(resource)/date/2026-02-01/\(last).json").status == status)
      }
    }
  }

  @Test("exercises are filtered by the person's clock alone, in pages of at most 25, and their tracks are plain or Base64")
  func exercises() async throws {
    let simulator = try Simulator(Self.configuration(.googleHealth))
    let path = "/v4/users/me/dataTypes/exercise/dataPoints?pageSize=100&filter="
    let civil = "exercise.interval.civil_start_time%20%3E%3D%20%222026-03-08%22"
    let points = try #require(try Self.object(try await Self.reply(simulator, 1, path + civil))["dataPoints"] as? [[String: Any]])
    #expect(points.count > 3 && points.count <= 25)
    #expect(try await Self.reply(simulator, 1, path + civil.replacing("civil_start_time", with: "start_time")).status == 400)
    var forms: Set<Bool> = []
    for participant in 1...3 {
      let log = try #require(ActivityLog(of: simulator.population.participants[participant - 1], now: simulator.truth().now))
      for activity in log.all() {
        let reply = try await Self.reply(simulator, participant, "/v4/users/me/dataTypes/exercise/dataPoints/\(activity.number):exportExerciseTcx?partialData=true")
        #expect(reply.status == (activity.record == .manual ? 404 : 200))
        guard reply.status == 200 else { continue }
        forms.insert(try #require(try Self.object(reply)["tcxData"] as? String).hasPrefix("<"))
      }
    }
    #expect(forms == [true, false])
  }

  @Test("the same seed makes the same rows")
  func deterministic() throws {
    func rows() throws -> [TableRow] {
      let truth = try Simulator(Self.configuration(.googleHealth)).truth()
      var rows: [TableRow] = []
      for participant in truth.population.participants {
        truth.forEachActivityRow(of: participant) { rows.append($0) }
        truth.forEachBodyRow(of: participant) { rows.append($0) }
      }
      return rows
    }
    let first = try rows(), second = try rows()
    #expect(first == second && first.count > 1000)
  }
}
