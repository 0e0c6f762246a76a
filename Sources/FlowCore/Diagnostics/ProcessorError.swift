/// An expected failure of one FlowFile. The engine rolls back, retries as configured, and then sends the original to
/// `failure`.
package struct ProcessorError: Error, Sendable, Equatable, CustomStringConvertible {
  package var failure: FlowFileFailure

  package init(_ failure: FlowFileFailure) { self.failure = failure }
  package init(_ cause: Cause, _ message: String, status: Int? = nil, retryAfter: Duration? = nil) {
    failure = FlowFileFailure(cause: cause, message: message, status: status, retryAfter: retryAfter)
  }
  package var description: String { failure.message }
}

/// A failure of the whole run: it stops at once, with one message. FlowFiles in flight are deferred to the next run.
package struct StopRun: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Hashable, Sendable {
    /// A folder cannot be written, or there was an internal error (exit 1).
    case failed
    /// The database cannot be used, or the remote side as a whole is unavailable (exit 69).
    case unavailable
    /// The configuration conflicts with the existing data (exit 78).
    case misconfigured
    /// A signal arrived before the flow started, and nothing was read (exit 128 plus the signal number).
    case signalled(Int32)
  }
  package var reason: Reason
  package var cause: Cause
  package var message: String

  package init(_ reason: Reason, _ cause: Cause, _ message: String) {
    self.reason = reason
    self.cause = cause
    self.message = message
  }
  /// - Parameter moment: how far it had come, and what to do.
  package init(bySignal signal: Int32, _ moment: String = "before anything had begun") {
    self.init(.signalled(signal), .internal, "stopped by a signal \(moment)")
  }
  package var description: String { message }
}
