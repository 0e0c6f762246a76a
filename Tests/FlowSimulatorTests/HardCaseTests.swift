import FlowBase
import Testing

@testable import FlowSimulator

@Suite("Hard cases")
struct HardCaseTests {
  @Test("other participants are unaffected, and no hard case occurs unless requested")
  func alone() throws {
    let plain = try simulator { $0.days = 1 }
    for hardCase in HardCase.allCases {
      let simulator = try simulator {
        $0.days = 1
        $0.hardCases = [hardCase]
      }
      for participant in simulator.population.participants.prefix(14) where participant.number != hardCase.number {
        #expect(participant.hardCase == nil)
        #expect(participant.zone.offset(at: simulator.now + 86_400) == plain.population.participants[participant.number - 1].zone.offset(at: plain.now + 86_400))
      }
      #expect(simulator.population.participants[hardCase.number - 1].hardCase == hardCase)
      #expect(simulator.population.participants[hardCase.number - 1].oddity == .plain)
    }
  }

  @Test("travel changes the zone of the profile, and one local day is longer or shorter", arguments: [
    (HardCase.zoneChangeWest, "Europe/Berlin", "America/New_York", 29.0...30), (.zoneChangeEast, "America/Los_Angeles", "Europe/Berlin", 14...16),
  ], SimulatorConfiguration.API.allCases)
  func journey(_ journey: (HardCase, String, String, ClosedRange<Double>), api: SimulatorConfiguration.API) async throws {
    let (hardCase, from, to, hours) = journey
    let simulator = try simulator(api) { $0.hardCases = [hardCase] }
    let participant = simulator.population.participants[hardCase.number - 1]
    var client = try await WireClient.signedIn(simulator, participant.name)
    #expect(try await zoneName(client) == from)
    let departure = simulator.now + HardCase.departureSeconds
    let before = participant.zone.offset(at: departure - 1)
    let after = participant.zone.offset(at: departure)
    #expect(before != after)
    try simulator.advance(by: .seconds(2 * 86_400))
    try await client.refresh()
    #expect(try await zoneName(client) == to)
    // Days have no gap; only a day with a change of zone has a different length.
    var lengths: [Double] = []
    let first = participant.zone.day(at: departure - 86_400).dayNumber
    for day in first..<first + 3 {
      let instants = participant.zone.instants(of: CivilDate(dayNumber: day))
      #expect(instants.upperBound == participant.zone.instants(of: CivilDate(dayNumber: day + 1)).lowerBound)
      lengths.append(Double(instants.count) / 3600)
    }
    #expect(lengths.contains { hours.contains($0) } || lengths.contains { $0 != 24 }, "\(lengths)")
    // The minutes of the truth have the UTC offset of their own time.
    var offsets: Set<Int> = []
    simulator.truth(detail: .minute).forEachRow(of: participant) { row in
      guard case .steps(let row) = row else { return }
      #expect(row.utcOffset == participant.zone.offset(at: row.instant))
      if row.instant >= departure - 86_400 { offsets.insert(row.utcOffset) }
    }
    #expect(offsets == [before, after])
  }

  @Test("a day is revised downwards, minutes and totals alike")
  func revised() throws {
    let simulator = try simulator { $0.hardCases = [.revisedLower] }
    let participant = simulator.population.participants[2]
    let day = participant.zone.day(at: simulator.now - 86_400).description
    let before = rows(simulator, participant)
    try simulator.advance(by: .seconds(30 * 3600))
    let after = rows(simulator, participant)
    let (old, new) = (try #require(before.days[day]), try #require(after.days[day]))
    #expect(try #require(new.steps) < (try #require(old.steps)))
    #expect(new.restingHeartRate == old.restingHeartRate)
    var lower = 0
    for (instant, value) in before.steps { lower += try #require(after.steps[instant]) < value ? 1 : 0 }
    #expect(lower > 50)
    #expect(before.heart.contains { (after.heart[$0.key] ?? .max) < $0.value })
    #expect(before.heart.allSatisfy { (after.heart[$0.key] ?? .max) <= $0.value })
  }

  @Test("points are deleted later, and the truth lists what a collection still contains")
  func deleted() throws {
    let simulator = try simulator { $0.hardCases = [.deletedLater] }
    let participant = simulator.population.participants[5]
    let before = rows(simulator, participant)
    #expect(simulator.truth().vanished(of: participant) == nil)
    try simulator.advance(by: .seconds(30 * 3600))
    let after = rows(simulator, participant)
    let vanished = try #require(simulator.truth().vanished(of: participant))
    #expect(vanished.count == 2700)
    let gone = Set(before.steps.keys).subtracting(after.steps.keys)
    #expect(gone == Set(before.steps.keys.filter(vanished.contains)))
    #expect(gone.count == 45)
  }

  @Test("minutes that the tracker could not store are lost permanently, their totals are not", arguments: SimulatorConfiguration.API.allCases)
  func lost(api: SimulatorConfiguration.API) throws {
    let simulator = try simulator(api) { $0.hardCases = [.lateSync] }
    let participant = simulator.population.participants[8]
    #expect(participant.latestSync(now: simulator.now) == Population.start + 7200)
    try simulator.advance(by: .seconds(7 * 86_400))
    let sync = try #require(participant.latestSync(now: simulator.now))
    #expect(sync == Population.start + 7200 + 9 * 86_400)
    let all = rows(simulator, participant)
    let lost = Population.start + 7200..<sync - 7 * 86_400
    #expect(!all.steps.keys.contains { lost.contains($0) })
    #expect(all.steps.keys.contains { $0 < lost.lowerBound } && all.steps.keys.contains { $0 >= lost.upperBound })
    let day = participant.zone.day(at: lost.lowerBound + lost.count / 2).description
    #expect(try #require(all.days[day]?.steps) > 0)
    try simulator.advance(by: .seconds(20 * 86_400))
    #expect(!rows(simulator, participant).steps.keys.contains { lost.contains($0) })
  }

  private func zoneName(_ client: WireClient) async throws -> String? {
    switch client.simulator.configuration.api {
    case .fitbit: (try await client.get("/1/user/-/profile.json").json()["user"] as? [String: Any])?["timezone"] as? String
    case .googleHealth: try await client.get("/v4/users/me/settings").json()["timeZone"] as? String
    }
  }

  private func rows(_ simulator: Simulator, _ participant: SimulatedParticipant) -> (
    steps: [Int: Int], heart: [Int: Int], days: [String: DailyActivityRow]
  ) {
    var rows: (steps: [Int: Int], heart: [Int: Int], days: [String: DailyActivityRow]) = ([:], [:], [:])
    simulator.truth(detail: .minute).forEachRow(of: participant) { row in
      switch row {
      case .steps(let row): rows.steps[row.instant] = row.value
      case .heartRate(let row): rows.heart[row.instant] = row.value
      case .dailyActivity(let row): rows.days[row.date] = row
      case .heartRateSummary: break
      }
    }
    return rows
  }
}
