/// The closing steps of a run. Every step runs whatever the others do; errors are collected and do not hide each other.
struct ClosingSteps: Sendable {
  struct Failure: Sendable {
    /// A constant sentence.
    var subject: String
    var detail: String
  }
  private(set) var failures: [Failure] = []

  /// Returns the result of the step; nil if it threw.
  @discardableResult
  mutating func take<Result>(orSay subject: String, _ step: () async throws -> Result) async -> Result? {
    do {
      return try await step()
    } catch {
      failures.append(Failure(subject: subject, detail: "\(error)"))
      return nil
    }
  }
}
