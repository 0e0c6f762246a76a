import FlowCore
import FlowRuntime
import StudyModel
import StudyProcessors

/// Everything that the report and the web's study page show of a study. `StudyFigures.gather` makes it.
///
/// Its size grows with participants and days, 8 bytes a day of a participant, not with rows.
package struct StudyFigures: Sendable {
  package var flow: String
  /// Where the rows are, as the flow names it.
  package var databases: [String]
  /// The participants and their data are made up.
  package var isSimulated: Bool
  /// When the figures were gathered, by the machine's clock.
  package var madeAt: Instant
  /// End of the time that is counted: now, or in a simulated study its latest sync.
  package var until: Instant
  /// The days chosen; nil: from the first enrolment, up to the end.
  package var from: CivilDate?
  package var before: CivilDate?
  /// The first line of `flowrun coverage`.
  package var verdict: String
  /// Number of participants by standing, in the order of `CoverageVerdict.Standing.allCases`.
  package var standings: [(standing: CoverageVerdict.Standing, count: Int)]
  /// Data types in the order of the flow file.
  package var dataTypes: [DataTypeFigures]
  /// In order of their names.
  package var participants: [ParticipantFigures]
  /// Who needs a person, longest first.
  package var troubles: [StudyTrouble]
  /// Whether the flow collects samples of heart rate, by which days are valid.
  package var hasHeartRate: Bool
  /// Minutes of heart rate that make a day valid.
  package var validMinutes: Int
  package var missing: [MissingTime]
  package var delays: [DelayFigures]
  package var revisions: [TableRevisions]
  package var vanished: [VanishedRows]
  /// Runs of the flow that began in the period, newest first.
  package var runs: [RunFigures]
  /// More runs began in the period than `runs` lists.
  package var hasMoreRuns: Bool
}

/// Counts of one data type over all participants: the totals of `flowrun coverage`.
package struct DataTypeFigures: Sendable, Equatable {
  package var name: String
  package var unit: CoverageUnit
  /// By state, in the order of `CoverageState.allCases`.
  package var counts: [Int64]

  package subscript(state: CoverageState) -> Int64 { counts[state.index] }
  /// From enrolment to the latest sync: all states but `notSynced`.
  package var wanted: Int64 { counts.reduce(0, +) - self[.notSynced] }
}

package struct ParticipantFigures: Sendable {
  package var participant: String
  /// nil if unknown.
  package var enrolled: Instant?
  package var latestSync: Instant?
  /// IANA name; nil if unknown.
  package var zone: String?
  package var verdict: CoverageVerdict
  /// What has become of the latest invitation to consent, in words; nil if there was none.
  package var invitation: String?
  package var days: ParticipantDays
  /// Valid days of each study week, the first one first: week 1 begins on the day of enrolment and has 7 days.
  package var weeks: [StudyWeek]

  package var validDays: Int { weeks.reduce(0) { $0 + $1.valid } }
  /// Days that could have been valid.
  package var possibleDays: Int { weeks.reduce(0) { $0 + $1.possible } }
}

/// A study week of one participant, or of all.
package struct StudyWeek: Sendable, Equatable, Encodable {
  /// From 1.
  package var number: Int
  package var valid = 0
  /// Days of the week whose heart rate has been answered, at least partly.
  package var possible = 0
  /// Participants with at least one such day.
  package var participants = 1

  package init(number: Int) { self.number = number }

  package enum CodingKeys: String, CodingKey {
    case participants
    case number = "week"
    case valid = "valid_days"
    case possible = "possible_days"
  }
}

extension StudyFigures {
  /// The days of the heat map: from the first day of any participant to the last; nil if there are none.
  package var days: Range<Int64>? {
    let all = participants.map(\.days).filter { !$0.cells.isEmpty }
    guard let first = all.map(\.first).min(), let end = all.map(\.end).max() else { return nil }
    return first..<end
  }

  /// Valid days of the whole study by study week.
  package var weeks: [StudyWeek] {
    let count = participants.map(\.weeks.count).max() ?? 0
    return (0..<count).map { index in
      var week = StudyWeek(number: index + 1)
      week.participants = 0
      for participant in participants where index < participant.weeks.count && participant.weeks[index].possible > 0 {
        week.valid += participant.weeks[index].valid
        week.possible += participant.weeks[index].possible
        week.participants += 1
      }
      return week
    }
  }

  package func count(_ standing: CoverageVerdict.Standing) -> Int { standings.first { $0.standing == standing }?.count ?? 0 }
}

/// Rows written, changed and found unchanged in a table, by the runs of the period.
package struct TableRevisions: Sendable, Equatable, Encodable {
  package var table: String
  package var inserted = 0
  /// Rows whose values differ from those of an earlier answer.
  package var updated = 0
  package var unchanged = 0

  package init(table: String) { self.table = table }
}

/// Rows of an earlier answer that the latest one lacks. They remain in the table.
package struct VanishedRows: Sendable, Equatable, Encodable {
  package var dataType: String
  package var rows: Int
  package var slices: Int
  package var participants: Int

  package enum CodingKeys: String, CodingKey {
    case rows, slices, participants
    case dataType = "data_type"
  }
}

package struct RunFigures: Sendable, Equatable {
  package var summary: RunSummary
  /// nil if the run has no report: it is under way, or was killed.
  package var participants: RunReport.Participants?
  package var inserted = 0
  package var updated = 0
  package var errors = 0
  /// Why the run stopped or failed.
  package var stopped: String?

  package init(summary: RunSummary, report: RunReport?) {
    self.summary = summary
    participants = report?.participants
    inserted = report?.rows.values.reduce(0) { $0 + $1.inserted } ?? 0
    updated = report?.rows.values.reduce(0) { $0 + $1.updated } ?? 0
    errors = report?.errors.count ?? 0
    stopped = report?.stopped
  }
}
