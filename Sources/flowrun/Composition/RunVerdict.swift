import ArgumentParser
import FlowCore
import FlowEngine

/// Status and exit code of a run, from what it did.
enum RunVerdict {
  static func status(_ result: FlowResult) -> RunReport.Status {
    if result.stopped != nil { return .failed }
    return result.wasStopped || result.timedOut ? .partial : .complete
  }

  /// Where several apply: failed, unavailable, signal, retryable work, a person, nothing. The signal's number is put in by the command.
  static func exitCode(_ report: RunReport, _ result: FlowResult, signal: Bool, failures: [Cause], replay: ReplayPlan?) -> Int32 {
    if let stopped = result.stopped {
      switch stopped.reason {
      case .failed: return ExitCode.failed.rawValue
      case .unavailable: return ExitCode.unavailable.rawValue
      case .misconfigured: return ExitCode.misconfigured.rawValue
      }
    }
    if !report.flowfiles.isBalanced { return ExitCode.failed.rawValue }
    if signal { return 130 }
    let refused = report.errors.count > 0 ? replay : nil
    let hasRetryable = report.participants.deferred > 0 || report.flowfiles.deferred > 0 || failures.contains(where: \.isRetryable)
      || refused?.leavesForLater ?? false
    if hasRetryable { return ExitCode.retryableLeft.rawValue }
    let needsPerson =
      report.participants.needsConsent > 0 || report.participants.failed > 0 || failures.contains { !$0.isRetryable }
      || refused?.leavesForPerson ?? false
    return needsPerson ? ExitCode.needsPerson.rawValue : 0
  }
}
