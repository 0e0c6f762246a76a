import FlowCore

/// The closing steps of a run. Every step runs whatever the others do; errors are collected and do not hide each other.
struct ClosingSteps: Sendable {
  struct Failure: Sendable {
    /// A constant sentence.
    var subject: String
    var detail: String
    /// A database's server is away, which is not this program's failure: the next run makes up for what was left.
    var isOutage: Bool
  }
  private(set) var failures: [Failure] = []

  /// Returns the result of the step; nil if it threw.
  @discardableResult
  mutating func take<Result>(orSay subject: String, _ step: () async throws -> Result) async -> Result? {
    do {
      return try await step()
    } catch {
      failures.append(Failure(subject: subject, detail: "\(error)", isOutage: (error as? StopRun)?.reason == .unavailable))
      return nil
    }
  }

  /// What they make of a run that was not stopped by anything else; nil if every step succeeded.
  var reason: StopRun.Reason? { failures.isEmpty ? nil : failures.allSatisfy(\.isOutage) ? .unavailable : .failed }
}
