import FlowCore

/// The outcome of a request to the provider for a participant.
package struct ProviderReply: Sendable {
  package enum Outcome: Sendable {
    /// A response with a success status.
    case answer(HTTPResponse)
    /// The participant must not be asked for this long. The request may not have been sent.
    case wait(Duration, because: ProviderRefusal)
    /// This request has no usable answer.
    case refused(ProviderRefusal)
    /// A failure that affects every participant: the run stops.
    case stop(StopRun)
    /// The run was cancelled; nothing follows for the request.
    case interrupted
  }
  package var outcome: Outcome
  /// Data requests sent; two if the first was answered with 401 and repeated.
  package var requestCount: Int

  package init(_ outcome: Outcome, requestCount: Int = 0) {
    self.outcome = outcome
    self.requestCount = requestCount
  }
}

/// The reason why there is no usable answer.
package struct ProviderRefusal: Sendable, Equatable {
  package var failure: FlowFileFailure
  /// The meaning of the response to the request itself. nil if the request failed for another reason: token,
  /// participant file, budget or connection.
  package var fault: ProviderFault?
  /// The request was sent, but no complete response arrived.
  package var isOfTheWay: Bool

  package init(_ failure: FlowFileFailure, isOfTheWay: Bool = false) {
    self.failure = failure
    self.isOfTheWay = isOfTheWay
  }

  package init(_ fault: ProviderFault, status: Int) {
    self.fault = fault
    isOfTheWay = false
    failure = FlowFileFailure(cause: fault.cause, message: fault.message, status: status, retryAfter: fault.retryAfter)
  }
}
