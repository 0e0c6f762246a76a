import FlowCore

/// Plausible start dates of a participant's history. A mistyped year would request centuries of data.
package enum EnrolmentDate {
  /// The company behind both providers was founded in 2007.
  package static let earliest = CivilDate(year: 2007, month: 1, day: 1).startOfDayUTC
  /// Clocks and calendar dates around the world differ by less than this.
  private static let leeway: Duration = .seconds(86_400)

  static let expectedEarliest = "a time from 2007 on: no tracker is older"

  /// What is wrong with a given date; nil if it is plausible.
  package static func problem(with instant: Instant, now: Instant) -> (found: String, expected: String)? {
    if instant < earliest { return ("'\(instant.text)'", expectedEarliest) }
    guard instant - now > leeway else { return nil }
    return ("'\(instant.text)', which is in the future", "a time that has come: today is \(now.dateUTC.text)")
  }
}

extension ParticipantFolder {
  /// nil if the file's dates are plausible. Simulated participants are exempt, since their time is not the machine's.
  func enrolmentProblem(of file: ParticipantFile, now: Instant, _ filter: ParticipantStore.Filter) -> Diagnostic? {
    guard !filter.isSimulated, let problem = EnrolmentDate.problem(with: file.enrolled, now: now) else { return nil }
    return Diagnostic(
      .participantFile, file: path(of: file.participant), found: "the start of the history ('enrolled', 'previous_sync') is \(problem.found)",
      expected: problem.expected, hint: "correct the year")
  }
}
