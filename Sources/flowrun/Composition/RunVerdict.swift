import ArgumentParser
import FlowCore

/// Status and exit codes of a run, from what is known of it.
struct RunVerdict: Equatable {
  struct Facts {
    /// What stopped the run.
    var stopped: StopRun.Reason?
    /// What should not happen: the books do not balance, something could not be closed.
    var hasFailed = false
    /// The first signal's number.
    var signal: Int32?
    var timedOut = false
    /// Retryable work is left.
    var leavesForLater = false
    var leavesForPerson = false
  }

  /// All that apply; the first is the exit code. Empty: everything is written.
  let codes: [Int32]
  let status: RunReport.Status

  init(_ facts: Facts) {
    var codes: [Int32] = []
    if facts.stopped == .misconfigured { codes.append(ExitCode.misconfigured.rawValue) }
    if facts.hasFailed || facts.stopped == .failed { codes.append(ExitCode.failed.rawValue) }
    if facts.stopped == .unavailable { codes.append(ExitCode.unavailable.rawValue) }
    let isFailed = !codes.isEmpty
    if let signal = facts.signal { codes.append(ExitCode.signalled(signal).rawValue) }
    if facts.leavesForLater { codes.append(ExitCode.retryableLeft.rawValue) }
    if facts.leavesForPerson { codes.append(ExitCode.needsPerson.rawValue) }
    self.codes = codes
    let isPartial = facts.signal != nil || facts.leavesForLater || (facts.timedOut && !codes.isEmpty)
    status = isFailed ? .failed : isPartial ? .partial : .complete
  }

  func apply(to report: inout RunReport) {
    report.status = status
    report.exit = codes.first ?? 0
    report.also = Array(codes.dropFirst())
  }

  /// The exit code for what was thrown before the run had a report.
  static func exitCode(of error: any Error) -> ExitCode {
    switch error {
    case let stop as StopRun:
      switch stop.reason {
      case .failed: .failed
      case .unavailable: .unavailable
      case .misconfigured: .misconfigured
      }
    case is UsageProblems: .usage
    case is Problem, is Problems: .misconfigured
    case let error as ProcessorError: error.failure.cause.isRetryable ? .retryableLeft : .needsPerson
    case let early as StoppedEarly: .signalled(early.signal)
    default: .failed
    }
  }
}

/// A signal came before the flow had begun: nothing was taken in.
struct StoppedEarly: Error, CustomStringConvertible {
  var signal: Int32
  var description: String { "stopped by a signal before anything had begun" }
}
