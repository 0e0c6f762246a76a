import FlowBase
import Foundation
import Testing

@testable import FlowSimulator

@Suite("Nights", .timeLimit(.minutes(5)))
struct NightTests {
  @Test("there are nights with stages, without, pending ones and naps, but none without wear")
  func kinds() throws {
    let simulator = try simulator { $0.days = 10 }
    var nights: [NightRow] = []
    for participant in simulator.population.participants { nights += simulator.truth().nights(of: participant) }
    #expect(nights.count { $0.isMain } > 150)
    #expect(nights.contains { $0.isMain && !$0.hasStages } && nights.contains { !$0.isMain } && nights.contains(where: \.isPending))
    #expect(nights.count(where: \.isPending) < 20)
    #expect(Set(nights.map(\.number)).count == nights.count)
    for night in nights {
      #expect(night.stages.first?.start == night.start)
      #expect(zip(night.stages, night.stages.dropFirst()).allSatisfy { $0.start + $0.seconds == $1.start })
      #expect(night.stages.map(\.seconds).reduce(0, +) == night.end - night.start)
      #expect(night.minutesAsleep + night.minutesAwake == night.minutesInBed)
    }
    let drawer = try #require(simulator.population.participants.first { $0.oddity == .dayNotWorn })
    let day = CivilDate(dayNumber: drawer.zone.day(at: Population.start).dayNumber + 1).description
    #expect(!simulator.truth().nights(of: drawer).contains { $0.date == day })
  }

  @Test("a night on the Fitbit wire is the truth")
  func fitbit() async throws {
    let simulator = try simulator { $0.rateLimit = 100_000 }
    // Morning in America: the last sleep is not processed yet.
    try simulator.advance(by: .seconds(14 * 3600))
    var (told, pending) = (0, 0)
    for participant in simulator.population.participants {
      let client = try await WireClient.signedIn(simulator, participant.name)
      let nights = simulator.truth().nights(of: participant)
      for (date, rows) in Dictionary(grouping: nights, by: \.date) {
        let reply = try await client.get("/1.2/user/-/sleep/date/\(date).json").json()
        if rows.contains(where: \.isPending) {
          pending += 1
          #expect((reply["meta"] as? [String: Any])?["state"] as? String == "pending")
          continue
        }
        let sleeps = try #require(reply["sleep"] as? [[String: Any]])
        #expect(sleeps.compactMap { $0["logId"] as? Int } == rows.map(\.number))
        for (sleep, row) in zip(sleeps, rows) {
          told += 1
          #expect(sleep["minutesAsleep"] as? Int == row.minutesAsleep && sleep["isMainSleep"] as? Bool == row.isMain)
          #expect(sleep["dateOfSleep"] as? String == date)
          let offset = participant.zone.offset(at: row.start)
          #expect(sleep["startTime"] as? String == wallClock(row.start + offset) + ".000")
          #expect(sleep["endTime"] as? String == wallClock(row.end + offset) + ".000", "the offset of the start through the night")
          let levels = try #require(sleep["levels"] as? [String: Any])
          #expect((levels["data"] as? [[String: Any]])?.compactMap { $0["seconds"] as? Int } == row.stages.map(\.seconds))
          let summary = try #require(levels["summary"] as? [String: [String: Int]])
          #expect(summary.mapValues { $0["minutes"] } == row.minutes.mapValues { $0 })
        }
        guard let measured = rows.first(where: \.isMain)?.measured else { continue }
        func value(_ path: String, _ list: String) async throws -> [String: Any]? {
          let entries = try await client.get("/1/user/-/\(path)/date/\(date).json").json()[list] as? [[String: Any]]
          return entries?.first?["value"] as? [String: Any]
        }
        #expect(try await value("hrv", "hrv")?["dailyRmssd"] as? Double == measured.heartRateVariability)
        #expect(try await value("br", "br")?["breathingRate"] as? Double == measured.breathingRate)
        #expect(try await value("temp/skin", "tempSkin")?["nightlyRelative"] as? Double == measured.relativeTemperature)
        let oxygen = try await client.get("/1/user/-/spo2/date/\(date).json").json()["value"] as? [String: Double]
        #expect(oxygen == ["avg": measured.oxygenAverage, "min": measured.oxygenLowest, "max": measured.oxygenHighest])
      }
    }
    #expect(told > 50 && pending > 0)
  }

  @Test("a night on the Google wire is the truth")
  func google() async throws {
    let simulator = try simulator(.googleHealth) { $0.rateLimit = 100_000 }
    try simulator.advance(by: .seconds(14 * 3600))
    var (told, pending) = (0, 0)
    for participant in simulator.population.participants {
      let client = try await WireClient.signedIn(simulator, participant.name)
      let nights = simulator.truth().nights(of: participant)
      guard let first = nights.map(\.end).min(), let last = nights.map(\.end).max() else { continue }
      let filter = #"sleep.interval.end_time >= "\#(rfc3339(first))" AND sleep.interval.end_time < "\#(rfc3339(last + 1))""#
      let points = try await client.points("sleep", ":reconcile", filter: filter, pageSize: 2)
      let rows = nights.sorted { $0.end > $1.end }
      #expect(points.count == rows.count, "\(participant.name)")
      for (point, row) in zip(points, rows) {
        told += 1
        let interval = try #require(point["interval"] as? [String: Any])
        #expect(interval["startTime"] as? String == rfc3339(row.start) && interval["endTime"] as? String == rfc3339(row.end))
        let metadata = try #require(point["metadata"] as? [String: Any])
        #expect(metadata["processed"] as? Bool == (row.isPending ? nil : true))
        if row.isPending {
          pending += 1
          #expect(point["stages"] == nil && point["summary"] == nil)
          continue
        }
        let summary = try #require(point["summary"] as? [String: Any])
        #expect(try summary.int64("minutesAsleep") == row.minutesAsleep)
        #expect((point["stages"] as? [[String: Any]])?.count == row.stages.count)
      }
      for row in nights where row.isMain {
        let next = CivilDate(dayNumber: try #require(CivilDate(text: row.date[...])).dayNumber + 1)
        func value(_ type: String) async throws -> [String: Any]? {
          let member = type.replacing("-", with: "_")
          return try await client.points(type, filter: #"\#(member).date >= "\#(row.date)" AND \#(member).date < "\#(next)""#).first
        }
        let measured = row.measured
        #expect(try await value("daily-oxygen-saturation")?["averagePercentage"] as? Double == measured?.oxygenAverage)
        #expect(try await value("daily-respiratory-rate")?["breathsPerMinute"] as? Double == measured?.breathingRate)
        #expect(
          try await value("daily-heart-rate-variability")?["averageHeartRateVariabilityMilliseconds"] as? Double
            == measured?.heartRateVariability)
        #expect(
          try await value("daily-sleep-temperature-derivations")?["nightlyTemperatureCelsius"] as? Double == measured?.temperature)
      }
    }
    #expect(told > 50 && pending > 0)
  }

  @Test("a pending sleep is processed by a later sync")
  func processed() throws {
    let simulator = try simulator { $0.days = 10 }
    let pending = simulator.population.participants.filter { participant in
      simulator.truth().nights(of: participant).contains(where: \.isPending)
    }
    #expect(!pending.isEmpty)
    try simulator.advance(by: .seconds(30 * 3600))
    for participant in pending {
      let nights = simulator.truth().nights(of: participant)
      #expect(nights.dropLast(4).allSatisfy { !$0.isPending })
    }
  }

  @Test("the list of sleeps has pages on the requested host and contains every processed one")
  func list() async throws {
    let simulator = try simulator {
      $0.days = 10
      $0.rateLimit = 1000
    }
    let participant = simulator.population.participants[0]
    let client = try await WireClient.signedIn(simulator, participant.name)
    var numbers: [Int] = []
    var target = "/1.2/user/-/sleep/list.json?afterDate=2026-03-08&sort=asc&offset=0&limit=3"
    while !target.isEmpty {
      let reply = try await simulator.wire.respond(
        to: WireRequest(
          method: "GET", target: target, authorization: "Bearer " + client.accessToken, body: "", origin: "http://provider.test"))
      #expect(reply.status == 200, "\(reply.text)")
      numbers += try (reply.json()["sleep"] as? [[String: Any]] ?? []).compactMap { $0["logId"] as? Int }
      let next = try #require((try reply.json()["pagination"] as? [String: Any])?["next"] as? String)
      #expect(next.isEmpty || next.hasPrefix("http://provider.test/1.2/"))
      target = String(next.dropFirst("http://provider.test".count))
    }
    let expected = simulator.truth().nights(of: participant).filter { !$0.isPending && $0.date > "2026-03-08" }
      .sorted { $0.start < $1.start }.map(\.number)
    #expect(numbers == expected)
    #expect(numbers.count > 5)
  }

  @Test("the Fitbit wire rejects invalid requests", arguments: [
    ("/1.2/user/-/sleep/date/2026-03-08/2026-07-01.json", [:], 400), ("/1/user/-/hrv/date/2026-03-08/2026-04-08.json", [:], 400),
    ("/1/user/-/sleep/date/2026-03-08.json", [:], 404), ("/1.2/user/-/sleep/list.json", ["limit": "101", "offset": "0"], 400),
    ("/1.2/user/-/sleep/list.json", ["limit": "1", "offset": "0", "sort": "asc", "beforeDate": "2026-03-09"], 400),
  ] as [(String, [String: String], Int)])
  func refused(path: String, query: [String: String], status: Int) async throws {
    let client = try await WireClient.signedIn(try simulator())
    #expect(try await client.get(path, query: query).status == status)
  }

  @Test("each kind of data has its scope", arguments: [
    (Scope.sleep, "/1.2/user/-/sleep/date/2026-03-09.json"), (.oxygenSaturation, "/1/user/-/spo2/date/2026-03-09.json"),
    (.respiratoryRate, "/1/user/-/br/date/2026-03-09.json"), (.temperature, "/1/user/-/temp/skin/date/2026-03-09.json"),
    (.heartrate, "/1/user/-/hrv/date/2026-03-09.json"),
  ])
  func scopes(scope: Scope, path: String) async throws {
    let client = try await WireClient.signedIn(try simulator { $0.faults = [Fault(.scope(scope), share: 1)] })
    #expect(try await client.get(path).status == 403)
    #expect(try await WireClient.signedIn(try simulator()).get(path).status == 200)
  }
}

@Suite("Rows of nights")
struct NightlyRowTests {
  @Test("both wires have the same nights, each in its own terms", arguments: SimulatorConfiguration.API.allCases)
  func rows(api: SimulatorConfiguration.API) throws {
    let simulator = try simulator(api) { $0.days = 5 }
    try simulator.advance(by: .seconds(14 * 3600))
    var tables: [String: Int] = [:]
    var pendingRows = 0
    for participant in simulator.population.participants {
      let nights = Dictionary(uniqueKeysWithValues: simulator.truth().nights(of: participant).map { ("\($0.number)", $0) })
      try simulator.truth().forEachNightlyRow(of: participant) { row in
        tables[row.table, default: 0] += 1
        let values = Dictionary(uniqueKeysWithValues: row.columns.map { ($0.name, $0.value) })
        guard row.table == "fitbit_sleep_log", case .text(let name)? = values["log_id"] else { return }
        let night = try #require(nights[name.split(separator: "/").last.map(String.init) ?? ""])
        #expect(values["end_instant"] == .integer(night.end))
        #expect(values["minutes_asleep"] == (night.isPending ? .null : .integer(night.minutesAsleep)))
        if night.isPending { pendingRows += 1 }
      }
    }
    #expect(
      Set(tables.keys) == [
        "fitbit_sleep_log", "fitbit_sleep_stage", "fitbit_daily_hrv", "fitbit_daily_oxygen_saturation", "fitbit_daily_breathing_rate",
        "fitbit_daily_skin_temperature",
      ])
    #expect(tables["fitbit_daily_hrv"] == tables["fitbit_daily_skin_temperature"])
    #expect((pendingRows > 0) == (api == .googleHealth))
  }

  @Test("a scope that is not granted has no rows", arguments: [
    (Scope.sleep, ["fitbit_sleep_log", "fitbit_sleep_stage"]), (.temperature, ["fitbit_daily_skin_temperature"]),
    (.heartrate, ["fitbit_daily_hrv"]),
  ], SimulatorConfiguration.API.allCases)
  func scopes(_ refused: (scope: Scope, tables: [String]), api: SimulatorConfiguration.API) throws {
    let simulator = try simulator(api) { $0.faults = [Fault(.scope(refused.scope), share: 1)] }
    var tables: Set<String> = []
    simulator.truth().forEachNightlyRow(of: simulator.population.participants[0]) { tables.insert($0.table) }
    #expect(tables.isDisjoint(with: refused.tables))
    // A single Google scope covers all data of the night.
    #expect(tables.isEmpty == false)
  }
}
