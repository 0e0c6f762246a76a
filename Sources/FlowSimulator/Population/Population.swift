/// The simulated participants with their devices and data: everything is derived from the seed, nothing is stored.
package struct Population: Sendable {
  /// Midnight UTC of 8 March 2026, when the clocks in the United States go forward, so that the first simulated day has
  /// 23 hours for some participants and 24 for the others. All participants are enrolled on this day.
  package static let start = 20_520 * 86_400

  /// The zones, assigned in turn. Kolkata has a half-hour offset, Lord Howe changes by half an hour.
  package static let zoneNames = [
    "America/Chicago", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Los_Angeles", "Australia/Lord_Howe",
    "Europe/London",
  ]

  package let seed: UInt64
  /// Days between enrolment and the initial simulated time.
  package let days: Int
  /// A sample every second, no irregularities, windows of whole UTC days: for benchmarks.
  package let dense: Bool
  package let participants: [SimulatedParticipant]

  /// - Throws: `SimulatorError.unknownZone` if the system's zone database lacks one of `zoneNames`.
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

  /// The simulated time before the clock is moved.
  package var initialNow: Int { Self.start + days * 86_400 }

  package func participant(named name: String) -> SimulatedParticipant? {
    guard name.first == "P", let number = Int(name.dropFirst()), 1...participants.count ~= number else { return nil }
    let participant = participants[number - 1]
    return participant.name == name ? participant : nil
  }
}
