/// What a simulator was asked since it was made. Kept in memory only.
package struct SimulatorStatistics: Sendable, Equatable {
  /// Requests by what they ask for: `token`, `devices`, `profile`, `daily-activity`, `heart-rate-zones`, `steps-series`,
  /// `intraday-heart-rate`, `intraday-steps`, `unknown`; on the Google wire also `settings`, `identity` and what is done with which type, such
  /// as `steps:rollUp` and `heart-rate:reconcile`; `fault`: answered by a fault before it was looked at.
  package private(set) var requests: [String: Int] = [:]
  /// Answers by status, those of faults left out.
  package private(set) var statuses: [Int: Int] = [:]

  /// Every request on the provider's wire.
  package var totalRequests: Int { statuses.values.reduce(0, +) + (requests["fault"] ?? 0) }

  mutating func count(_ kind: String) {
    requests[kind, default: 0] += 1
  }

  mutating func count(status: Int) {
    statuses[status, default: 0] += 1
  }
}
