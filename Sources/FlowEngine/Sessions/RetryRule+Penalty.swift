import FlowCore

extension RetryRule {
  /// How long a FlowFile waits after its try number `attempt` (from 1) has failed: base · 2ⁿ⁻¹, at most the maximum, of that between half and
  /// all at random (so that FlowFiles that failed together do not come back together), and never less than the other side asked for.
  func penalty(afterAttempt attempt: Int, failure: FlowFileFailure?, random: any RandomSource) -> Duration {
    var delay = backoff
    for _ in 1..<max(1, attempt) where delay < maximumBackoff { delay += delay }
    let fraction = Double(random.next() >> 11) * 0x1p-53
    let jittered = min(delay, maximumBackoff) * (0.5 + fraction / 2)
    return max(jittered, failure?.retryAfter ?? .zero)
  }
}
