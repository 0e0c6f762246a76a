import FlowCore

/// A transport backed by a closure: answers requests without a network and records them.
///
/// Fault plan boundaries: `http.send` (the request never arrives) and `http.receive` (it arrives, but the response is
/// lost).
package final class ScriptedTransport: HTTPTransport {
  package typealias Answer = @Sendable (HTTPRequest) throws -> HTTPResponse

  private let answer: Answer
  private let faults: FaultPlan
  private let latency: (any TimeSource, Duration)?
  private let received = Locked<[HTTPRequest]>([])

  /// - Parameter latency: delays each response by this time on the given clock.
  package init(
    faults: FaultPlan = FaultPlan(), latency: (any TimeSource, Duration)? = nil, _ answer: @escaping Answer
  ) {
    self.faults = faults
    self.latency = latency
    self.answer = answer
  }

  /// Returns the answers in order, whatever the request; when none is left, the connection fails.
  package convenience init(answers: [Result<HTTPResponse, TransportError>], faults: FaultPlan = FaultPlan()) {
    let left = Locked(answers[...])
    self.init(faults: faults) { request in
      guard let next = left.withLock({ $0.popFirst() }) else {
        throw TransportError(.connection, "no answer is left for \(request.method) \(request.url)")
      }
      return try next.get()
    }
  }

  /// The requests received so far.
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
