import FlowCore
import StudyModel

/// The state of a wanted minute or day. Each is in exactly one state.
package enum CoverageState: String, Sendable, CaseIterable {
  case have
  /// Answered, without a row.
  case notWorn = "not_worn"
  /// Answered without rows although the day's total is above 0, or synced later than the tracker keeps minutes.
  case lost
  /// The ledger records `failed`, or no request was possible for the participant and an error entry says why.
  case failed
  case deferred
  case neverAsked = "never_asked"
  /// After the latest known sync, or no longer wanted: the available data is unknown.
  case notSynced = "not_synced"
}

/// The unit of counts.
package enum CoverageUnit: String, Sendable {
  case minute, day
}

/// A range of time in one state.
package struct CoverageSpan: Hashable, Sendable {
  /// Seconds since 1970, half-open.
  package var start: Int64
  package var end: Int64
  package var state: CoverageState
  /// Number of minutes or days.
  package var count: Int64
  /// The ledger's cause for `deferred` or `failed`.
  package var cause: Cause?
}

/// One participant's time for one data type, as contiguous spans ordered by time; adjacent spans differ in state or
/// cause.
package struct Coverage: Sendable, Equatable {
  package var unit: CoverageUnit
  package var spans: [CoverageSpan]

  /// The number of minutes or days in a state.
  package subscript(state: CoverageState) -> Int64 { spans.reduce(0) { $0 + ($1.state == state ? $1.count : 0) } }

  /// Minutes or days from enrolment to the latest sync: all states except `notSynced`.
  package var wanted: Int64 { spans.reduce(0) { $0 + ($1.state == .notSynced ? 0 : $1.count) } }
}
