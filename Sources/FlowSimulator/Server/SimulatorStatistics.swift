/// Counts of the requests to a simulator since its creation. Kept in memory only.
package struct SimulatorStatistics: Sendable, Equatable {
  /// Requests by kind: `token`, `devices`, `profile`, `daily-activity`, `heart-rate-zones`, `steps-series`,
  /// `intraday-heart-rate`, `intraday-steps`, `unknown`; for Google also `settings`, `identity` and combinations of
  /// type and action such as `steps:rollUp` and `heart-rate:reconcile`; `fault` for requests that a fault answered
  /// before they were processed.
  package private(set) var requests: [String: Int] = [:]
  /// Responses by status, except those of faults.
  package private(set) var statuses: [Int: Int] = [:]

  /// The number of all requests to the provider.
  package var totalRequests: Int { statuses.values.reduce(0, +) + (requests["fault"] ?? 0) }

  mutating func count(_ kind: String) {
    requests[kind, default: 0] += 1
  }

  mutating func count(status: Int) {
    statuses[status, default: 0] += 1
  }
}
