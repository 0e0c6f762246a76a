import FlowCore

/// A provider made of a function: answers requests without a network and keeps them.
///
/// Boundaries of its fault plan: `http.send` (the request never arrives) and `http.receive` (it arrived, the answer is lost).
package final class ScriptedTransport: HTTPTransport {
  package typealias Answer = @Sendable (HTTPRequest) throws -> HTTPResponse

  private let answer: Answer
  private let faults: FaultPlan
  private let latency: (any TimeSource, Duration)?
  private let received = Locked<[HTTPRequest]>([])

  /// - Parameter latency: each answer takes this long on that clock.
  package init(
    faults: FaultPlan = FaultPlan(), latency: (any TimeSource, Duration)? = nil, _ answer: @escaping Answer
  ) {
    self.faults = faults
    self.latency = latency
    self.answer = answer
  }

  /// Answers in the order given, whatever is asked; when there are no more, the connection is refused.
  package convenience init(answers: [Result<HTTPResponse, TransportError>], faults: FaultPlan = FaultPlan()) {
    let left = Locked(answers[...])
    self.init(faults: faults) { request in
      guard let next = left.withLock({ $0.popFirst() }) else {
        throw TransportError(.connection, "no answer is left for \(request.method) \(request.url)")
      }
      return try next.get()
    }
  }

  /// What has arrived so far.
  package var requests: [HTTPRequest] { received.withLock { $0 } }

  package func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    try faults.pass("http.send")
    received.withLock { $0.append(request) }
    if let (time, delay) = latency { await time.sleep(for: delay) }
    let response = try answer(request)
    try faults.pass("http.receive")
    return response
  }
}
