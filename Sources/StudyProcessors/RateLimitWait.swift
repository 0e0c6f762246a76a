import FlowCore

/// What a processor does with a FlowFile whose participant must wait: it requeues the FlowFile with a penalty, or
/// routes it to `rate_limited`.
struct RateLimitWait: Sendable {
  static let maximumWait = Property("max_wait", .duration, default: "65m", "Longest wait for a rate limit; FlowFiles that would wait longer go to `rate_limited`.")
  static let rateLimited = Relationship("rate_limited", "The rate limit requires a wait longer than `max_wait`, or the run is stopping.", turn: .again)

  /// What a FlowFile waits for, for displays.
  static let reason = "rate limit"

  let maximum: Duration

  func wait(_ flowFile: FlowFile, for delay: Duration, because failure: FlowFileFailure?, _ session: ProcessSession) {
    if session.isStopping || delay > maximum || failure?.isLeftToOthers == true {
      let failure = failure ?? FlowFileFailure(cause: .rateLimited, message: "the rate limit holds for \(Units.text(of: delay))")
      session.transfer(flowFile, to: Self.rateLimited, because: failure)
    } else {
      session.requeue(flowFile, penalty: delay, because: Self.reason)
    }
  }
}
