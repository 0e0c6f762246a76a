import FlowBase
import Testing

@testable import FlowSimulator

@Suite("The population")
struct PopulationTests {
  @Test("every unusual trait occurs among the default 25, in a minority")
  func oddities() throws {
    let participants = try simulator().population.participants
    for oddity in SimulatedParticipant.Oddity.allCases {
      #expect(participants.contains { $0.oddity == oddity }, "\(oddity)")
    }
    #expect(participants.count { $0.oddity != .plain } <= 10)
    #expect(Set(participants.map(\.zone.name)).count == Population.zoneNames.count)
  }

  @Test("days not worn, partly worn and fully worn all occur")
  func wear() throws {
    let simulator = try simulator()
    var fractions: [Double] = []
    for participant in simulator.population.participants {
      guard var reader = MinuteReader(participant, now: simulator.now) else { continue }
      for number in 0..<2 {
        let day = participant.zone.instants(of: CivilDate(dayNumber: Population.start / 86_400 + number))
        let worn = stride(from: day.lowerBound, to: day.upperBound, by: 60).count { reader.minute(at: $0)?.worn ?? false }
        fractions.append(Double(worn) / 1440)
      }
    }
    #expect(fractions.contains { $0 == 0 })
    #expect(fractions.contains { 0.1..<0.85 ~= $0 })
    #expect(fractions.count { $0 > 0.9 } > 25)
  }

  @Test("a day that was not worn has zones without minutes and no resting heart rate")
  func notWorn() async throws {
    let simulator = try simulator()
    let participant = try #require(simulator.population.participants.first { $0.oddity == .dayNotWorn })
    let client = try await WireClient.signedIn(simulator, participant.name)
    let day = CivilDate(dayNumber: participant.zone.day(at: Population.start).dayNumber + 1)
    let heart = try await client.get("/1/user/-/activities/heart/date/\(day)/1d.json").text
    #expect(heart.contains(#""name":"Peak""#))
    #expect(!heart.contains("minutes"))
    #expect(!heart.contains("restingHeartRate"))
    let activity = try await client.get("/1/user/-/activities/date/\(day).json").text
    #expect(!activity.contains("heartRateZones"))
    #expect(activity.contains(#""steps":0"#))
    let intraday = try await client.get("/1/user/-/activities/heart/date/\(day)/1d/1min/time/00:00/23:59.json").text
    #expect(
      intraday
        == #"{"activities-heart":[],"activities-heart-intraday":{"dataset":[],"datasetInterval":1,"datasetType":"minute"}}"#)
    let steps = try await client.intraday("steps", from: (day.description, "00:00"), to: (day.description, "23:59"))
    #expect(steps.count >= 1380)
    #expect(steps.allSatisfy { $0.value == 0 })
  }

  @Test("the devices vary like their owners")
  func devices() async throws {
    let simulator = try simulator()
    func types(_ oddity: SimulatedParticipant.Oddity) async throws -> [String] {
      let participant = try #require(simulator.population.participants.first { $0.oddity == oddity })
      let text = try await WireClient.signedIn(simulator, participant.name).get("/1/user/-/devices.json").text
      return text.split(separator: #""type":""#).dropFirst().map { String($0.prefix { $0 != "\"" }) }
    }
    #expect(try await types(.scaleFirst) == ["SCALE", "TRACKER"])
    #expect(try await types(.twoTrackers) == ["TRACKER", "TRACKER"])
    #expect(try await types(.noDevice) == [])
    #expect(try await types(.neverSynced) == ["TRACKER", "TRACKER"], "a phone, which is listed as a tracker, and the tracker")
    #expect(try await types(.plain) == ["TRACKER"])
    let never = try #require(simulator.population.participants.first { $0.oddity == .neverSynced })
    let text = try await WireClient.signedIn(simulator, never.name).get("/1/user/-/devices.json").text
    #expect(text.split(separator: "lastSyncTime").count == 2 && text.contains(#""battery":"Empty","deviceVersion":"MobileTrack""#))
  }

  @Test("first wear is just after midnight", arguments: [
    SimulatedParticipant.Oddity.firstWornAfterLocalMidnight, .firstWornAfterMidnightUTC,
  ])
  func firstWear(oddity: SimulatedParticipant.Oddity) throws {
    let simulator = try simulator()
    let participant = try #require(simulator.population.participants.first { $0.oddity == oddity })
    let offset = oddity == .firstWornAfterLocalMidnight ? participant.zone.offset(at: participant.wornFrom) : 0
    #expect(1...5 ~= (participant.wornFrom + offset) % 86_400 / 60)
    var first: Int?
    simulator.truth(detail: .minute).forEachRow(of: participant) { row in
      if case .steps(let row) = row, first == nil { first = row.instant }
    }
    #expect(first == participant.wornFrom)
  }

  @Test("dense means one sample per second of whole UTC days for every participant")
  func dense() throws {
    let simulator = try simulator {
      $0.dense = true
      $0.participants = 30
      $0.days = 1
    }
    for participant in simulator.population.participants {
      #expect(simulator.truth().window(of: participant) == Population.start..<Population.start + 86_400)
    }
    var count = 0
    simulator.truth().forEachRow(of: simulator.population.participants[28]) { if case .heartRate = $0 { count += 1 } }
    #expect(count == 86_400)
  }

  @Test("an unknown name finds no participant", arguments: ["P0000", "P0026", "P1", "P00001", "p0001", "", "P-001"])
  func unknown(name: String) throws {
    #expect(try simulator().population.participant(named: name) == nil)
  }
}
