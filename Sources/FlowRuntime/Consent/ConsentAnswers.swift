import FlowCore
import StudyParticipants

/// Collects the browser's redirects until one belongs to the request.
final class ConsentAnswers: Sendable {
  private struct State {
    var expected: String?
    var isAnswered = false
  }
  private let state = Locked(State())
  private let answers: AsyncStream<ConsentAnswer?>
  private let answer: AsyncStream<ConsentAnswer?>.Continuation

  init() { (answers, answer) = AsyncStream.makeStream(of: ConsentAnswer?.self) }

  func expect(state expected: String) { state.withLock { $0.expected = expected } }

  /// The page shown to the browser; a redirect that belongs to the request ends the wait.
  func page(for query: String?) -> ConsentListener.Page {
    let (expected, isAnswered) = state.withLock { ($0.expected, $0.isAnswered) }
    let found = expected.map { ConsentAnswer(query: query, state: $0) } ?? .foreign
    switch found {
    case .nothing:
      return .init(status: 400, title: "No answer", text: "This address is for the provider's answer, and there is none in it.")
    case .foreign:
      return .init(
        status: 400, title: "Another request's answer", text: "This answer does not belong to the link that flowrun is waiting for. Nothing was changed.")
    case .code where isAnswered, .refused where isAnswered:
      return .init(status: 200, title: "Answered already", text: "You can close this window.")
    case .code:
      return take(found, "Thank you", "The consent has arrived. You can close this window.")
    case .refused:
      return take(found, "No consent", "No data will be collected with it. You can close this window.")
    }
  }

  private func take(_ found: ConsentAnswer, _ title: String, _ text: String) -> ConsentListener.Page {
    state.withLock { $0.isAnswered = true }
    return .init(status: 200, title: title, text: text) { [answer] in answer.yield(found) }
  }

  /// Waits for the first answer; nil on timeout or after `end`. `begun` is called once the timer runs.
  func first(within limit: Duration, time: any TimeSource, begun: () -> Void) async -> ConsentAnswer? {
    let timer = time.schedule(after: limit) { [answer] in answer.yield(nil) }
    defer { timer.cancel() }
    begun()
    for await found in answers { return found }
    return nil
  }

  func end() { answer.yield(nil) }
}
