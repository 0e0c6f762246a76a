import FlowCore
import FlowRuntime

/// Counts the server's answers.
package final class RequestCounts: MetricSource {
  private struct State {
    var answers: [Int: Int] = [:]
  }
  private let state = Locked(State())

  package init() {}

  func note(_ status: Int) { state.withLock { $0.answers[status, default: 0] += 1 } }

  package func metrics() async -> [MetricFamily] {
    let answers = state.withLock { $0.answers }
    return [
      MetricFamily(
        "flowrun_http_answers_total", "Answers of the server, by status.", .counter,
        answers.sorted { $0.key < $1.key }.map { .init(["status": String($0.key)], Double($0.value)) })
    ]
  }
}
