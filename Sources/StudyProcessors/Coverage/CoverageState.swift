import FlowCore
import StudyModel

/// What became of a minute or a day that is wanted of a participant. Each is in exactly one state.
package enum CoverageState: String, Sendable, CaseIterable {
  case have
  /// Answered, and there is no row.
  case notWorn = "not_worn"
  /// Answered empty although the day's total is not, or synced later than a tracker keeps minutes.
  case lost
  /// The ledger says `failed`, or the participant could not be asked at all and an entry of the error folder says why.
  case failed
  case deferred
  case neverAsked = "never_asked"
  /// After the latest sync that is known, or not wanted any more: nobody can say what there is.
  case notSynced = "not_synced"
}

/// What is counted.
package enum CoverageUnit: String, Sendable {
  case minute, day
}

/// A stretch of time in one state.
package struct CoverageSpan: Hashable, Sendable {
  /// Seconds since 1970, half-open.
  package var start: Int64
  package var end: Int64
  package var state: CoverageState
  /// Minutes or days in it.
  package var count: Int64
  /// Why it is deferred or failed, as the ledger has it.
  package var cause: Cause?
}

/// One participant's time for one data type, in spans without gap or overlap, in order of time; neighbours differ in state or cause.
package struct Coverage: Sendable, Equatable {
  package var unit: CoverageUnit
  package var spans: [CoverageSpan]

  /// Minutes or days in a state.
  package subscript(state: CoverageState) -> Int64 { spans.reduce(0) { $0 + ($1.state == state ? $1.count : 0) } }

  /// Minutes or days from enrolment to the latest sync: every state but `notSynced`.
  package var wanted: Int64 { spans.reduce(0) { $0 + ($1.state == .notSynced ? 0 : $1.count) } }
}
