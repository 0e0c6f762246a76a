import FlowCore
import StudyModel
import StudyParticipants

/// Determines status and exit codes of a run.
package struct RunVerdict: Equatable {
  package struct Facts {
    /// What stopped the run.
    package var stopped: StopRun.Reason?
    /// An internal failure: FlowFile counts do not add up, or something could not be closed.
    package var hasFailed = false
    /// The first signal's number.
    package var signal: Int32?
    package var timedOut = false
    /// Retryable work is left.
    package var leavesForLater = false
    package var leavesForPerson = false
  }

  /// All exit codes that apply; the first is the run's. Empty if everything was written.
  package let codes: [Int32]
  package let status: RunReport.Status

  package init(_ facts: Facts) {
    var codes: [Int32] = []
    if facts.stopped == .misconfigured { codes.append(ExitStatus.misconfigured.rawValue) }
    if facts.hasFailed || facts.stopped == .failed { codes.append(ExitStatus.failed.rawValue) }
    if facts.stopped == .unavailable { codes.append(ExitStatus.unavailable.rawValue) }
    let isFailed = !codes.isEmpty
    if let signal = facts.signal { codes.append(ExitStatus.signalled(signal).rawValue) }
    if facts.leavesForLater { codes.append(ExitStatus.retryableLeft.rawValue) }
    if facts.leavesForPerson { codes.append(ExitStatus.needsPerson.rawValue) }
    self.codes = codes
    let isPartial = facts.signal != nil || facts.leavesForLater || (facts.timedOut && !codes.isEmpty)
    status = isFailed ? .failed : isPartial ? .partial : .complete
  }

  package func apply(to report: inout RunReport) {
    report.status = status
    report.exit = codes.first ?? 0
    report.also = Array(codes.dropFirst())
  }

  /// The exit code for an error thrown before the run had a report.
  package static func exitCode(of error: any Error) -> ExitStatus {
    switch error {
    case let stop as StopRun:
      switch stop.reason {
      case .failed: .failed
      case .unavailable: .unavailable
      case .misconfigured: .misconfigured
      case .signalled(let signal): .signalled(signal)
      }
    case let diagnostics as Diagnostics: diagnostics.isUsage ? .usage : .misconfigured
    case let diagnostic as Diagnostic: diagnostic.code.isUsage ? .usage : .misconfigured
    case let error as ProcessorError: error.failure.cause.isRetryable ? .retryableLeft : .needsPerson
    case is CommandRefusal: .retryableLeft
    case is ConsentFailure: .needsPerson
    default: .failed
    }
  }
}
