import FlowCore

/// What came of asking the provider for a participant, judged once.
package struct ProviderReply: Sendable {
  package enum Outcome: Sendable {
    /// A response with a status of success.
    case answer(HTTPResponse)
    /// The participant may not be asked for this long. Its request need not have left.
    case wait(Duration, because: ProviderRefusal)
    /// No usable answer to this one request.
    case refused(ProviderRefusal)
    /// Trouble of the whole client: the run stops.
    case stop(StopRun)
    /// The run was cut off: it says nothing of the request.
    case interrupted
  }
  package var outcome: Outcome
  /// Requests for data that have left; one that met a refused access token is sent twice.
  package var requestCount: Int

  package init(_ outcome: Outcome, requestCount: Int = 0) {
    self.outcome = outcome
    self.requestCount = requestCount
  }
}

/// Why there is no usable answer.
package struct ProviderRefusal: Sendable, Equatable {
  package var failure: FlowFileFailure
  /// What the response means, where one came to the request itself. nil: the token, the participant's file, the budget or the way stood against it.
  package var fault: ProviderFault?
  /// The request had left, and no whole response came.
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
