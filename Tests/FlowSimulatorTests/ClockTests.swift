import FlowBase
import Testing

@testable import FlowSimulator

@Suite("A moving clock")
struct ClockTests {
  @Test("later data appear, and only unfinished days are revised")
  func later() throws {
    let simulator = try simulator()
    for hours in [9, 26] {
      let before = simulator.truth(detail: .minute)
      try simulator.advance(by: .seconds(hours * 3600))
      let after = simulator.truth(detail: .minute)
      var grown = 0
      for participant in simulator.population.participants {
        let (old, new) = (rows(before, participant), rows(after, participant))
        let openFrom = before.window(of: participant)?.upperBound ?? Population.start
        #expect(new.minutes.count >= old.minutes.count)
        #expect(Array(new.minutes.prefix(old.minutes.count)) == old.minutes)
        for (date, row) in old.days where new.days[date] != row {
          // Revised: its day was not over at the previous sync.
          let day = try #require(CivilDate(text: date[...]))
          #expect(participant.zone.instants(of: day).upperBound > openFrom, "\(participant.name) \(date)")
        }
        #expect(Set(old.days.keys).isSubset(of: new.days.keys))
        if new.minutes.count > old.minutes.count { grown += 1 }
      }
      #expect(grown > 15)
    }
  }

  @Test("nothing arrives while the clock stands still")
  func still() throws {
    let simulator = try simulator()
    #expect(simulator.now == simulator.now)
    #expect(simulator.population.participants.allSatisfy { $0.latestSync(now: simulator.now) ?? 0 <= simulator.now })
  }

  @Test("the clock cannot go back")
  func backward() throws {
    #expect(throws: SimulatorError.clockBackward) { try simulator().advance(by: .seconds(-1)) }
  }

  /// Steps by minute, and daily rows by date.
  private func rows(_ truth: Truth, _ participant: SimulatedParticipant) -> (minutes: [IntradayRow], days: [String: DailyActivityRow]) {
    var minutes: [IntradayRow] = []
    var days: [String: DailyActivityRow] = [:]
    truth.forEachRow(of: participant) { row in
      switch row {
      case .steps(let row): minutes.append(row)
      case .dailyActivity(let row): days[row.date] = row
      default: break
      }
    }
    return (minutes, days)
  }
}
