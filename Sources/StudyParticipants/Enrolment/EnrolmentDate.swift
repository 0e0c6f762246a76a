import FlowCore

/// Which dates can be the start of a participant's history. A mistyped year would ask for centuries.
package enum EnrolmentDate {
  /// The company behind both providers was founded in 2007.
  package static let earliest = CivilDate(year: 2007, month: 1, day: 1).startOfDayUTC
  /// Clocks and calendars around the world differ by less.
  private static let leeway: Duration = .seconds(86_400)

  static let expectedEarliest = "a time from 2007 on: no tracker is older"

  /// What is wrong with a date that somebody gave; nil: nothing.
  package static func problem(with instant: Instant, now: Instant) -> (found: String, expected: String)? {
    if instant < earliest { return ("'\(instant.text)'", expectedEarliest) }
    guard instant - now > leeway else { return nil }
    return ("'\(instant.text)', which is in the future", "a time that has come: today is \(now.dateUTC.text)")
  }
}

extension ParticipantFolder {
  /// nil: the file's dates can be true. Simulated time is not the machine's.
  func enrolmentProblem(of file: ParticipantFile, now: Instant, _ filter: ParticipantStore.Filter) -> Diagnostic? {
    guard !filter.isSimulated, let problem = EnrolmentDate.problem(with: file.enrolled, now: now) else { return nil }
    return Diagnostic(
      .participantFile, file: path(of: file.participant), found: "the start of the history ('enrolled', 'previous_sync') is \(problem.found)",
      expected: problem.expected, hint: "correct the year")
  }
}
