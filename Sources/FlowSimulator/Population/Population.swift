/// The simulated people, their devices and their data: everything follows from the seed, nothing is stored.
package struct Population: Sendable {
  /// Midnight UTC of 8 March 2026, the day on which the clocks of the United States go forward: the first simulated day has 23 hours
  /// for some participants and 24 for the others. `enrolled` of all participants lies on this day.
  package static let start = 20_520 * 86_400

  /// The zones of the participants, in turn. Kolkata is half an hour off, Lord Howe changes by half an hour.
  package static let zoneNames = [
    "America/Chicago", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Los_Angeles", "Australia/Lord_Howe",
    "Europe/London",
  ]

  package let seed: UInt64
  /// How long before simulated now the participants were enrolled, in days.
  package let days: Int
  /// A sample every second of every minute, nobody odd, windows of whole UTC days: for benchmarks.
  package let dense: Bool
  package let participants: [SimulatedParticipant]

  /// - Throws: `SimulatorError.unknownZone` when the system's zone database lacks one of `zoneNames`.
  package init(
    seed: UInt64, participants count: Int, days: Int, dense: Bool = false, hardCases: Set<HardCase> = []
  ) throws {
    self.seed = seed
    self.days = days
    self.dense = dense
    let span = Self.start - 400 * 86_400..<Self.start + (days + 1100) * 86_400
    func rules(_ name: String) throws -> ZoneRules {
      guard let zone = ZoneRules(name, over: span) else { throw SimulatorError.unknownZone(name) }
      return zone
    }
    let zones = try Self.zoneNames.map(rules)
    let now = Self.start + days * 86_400
    let dice = SeededDice(seed: seed)
    participants = try (1...max(1, count)).map { number in
      let hardCase = dense ? nil : hardCases.first { $0.number == number % 25 }
      var zone = zones[(number - 1) % zones.count]
      if let destination = hardCase?.destination { zone = zone.leaving(at: now + HardCase.departureSeconds, for: try rules(destination)) }
      return SimulatedParticipant(
        number: number, zone: zone, dice: dice.fork(number), dense: dense, hardCase: hardCase, now: now)
    }
  }

  /// Simulated now before anybody moved the clock.
  package var initialNow: Int { Self.start + days * 86_400 }

  package func participant(named name: String) -> SimulatedParticipant? {
    guard name.first == "P", let number = Int(name.dropFirst()), 1...participants.count ~= number else { return nil }
    let participant = participants[number - 1]
    return participant.name == name ? participant : nil
  }
}
