import FlowCore
import StudyModel

/// The closing steps of a run. Every step runs whatever the others do; errors are collected and do not hide each other.
struct ClosingSteps: Sendable {
  struct Failure: Sendable {
    /// A constant sentence.
    var subject: String
    var detail: String
    /// A database's server is away, which is not this program's failure: the next run makes up for what was left.
    var isOutage: Bool
    /// The next run finishes it by itself.
    var isWorkLeft: Bool
  }
  private(set) var failures: [Failure] = []

  /// Returns the result of the step; nil if it threw.
  @discardableResult
  mutating func take<Result>(orSay subject: String, _ step: () async throws -> Result) async -> Result? {
    do {
      return try await step()
    } catch {
      // What is left is not a failure of the step: it says itself what it is.
      let subject = error is WorkLeft ? "work is left for the next run" : subject
      failures.append(Failure(subject: subject, detail: "\(error)", isOutage: (error as? StopRun)?.reason == .unavailable, isWorkLeft: error is WorkLeft))
      return nil
    }
  }

  /// What they make of a run that was not stopped by anything else; nil if every step succeeded.
  var reason: StopRun.Reason? {
    let real = failures.filter { !$0.isWorkLeft }
    return real.isEmpty ? nil : real.allSatisfy(\.isOutage) ? .unavailable : .failed
  }
  var leavesWork: Bool { failures.contains(where: \.isWorkLeft) }
}
