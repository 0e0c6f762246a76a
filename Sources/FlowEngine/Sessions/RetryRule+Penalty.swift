import FlowCore

extension RetryRule {
  /// The wait after failed try number `attempt` (from 1): base · 2ⁿ⁻¹, at most the maximum, of which a random half to
  /// all is used, so that FlowFiles that failed together do not return together. Never shorter than the server asked
  /// for.
  func penalty(afterAttempt attempt: Int, failure: FlowFileFailure?, random: any RandomSource) -> Duration {
    var delay = backoff
    for _ in 1..<max(1, attempt) where delay < maximumBackoff { delay += delay }
    let fraction = Double(random.next() >> 11) * 0x1p-53
    let jittered = min(delay, maximumBackoff) * (0.5 + fraction / 2)
    return max(jittered, failure?.retryAfter ?? .zero)
  }
}
