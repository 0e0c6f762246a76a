/// The steps that end a run: each is taken, whatever became of the others, and what one throws is told and does not hide the rest.
struct ClosingSteps: Sendable {
  struct Failure: Sendable {
    /// A constant sentence.
    var subject: String
    var detail: String
  }
  private(set) var failures: [Failure] = []

  /// Returns what the step returns; nil where it threw.
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
