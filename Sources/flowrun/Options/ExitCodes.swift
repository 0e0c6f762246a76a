import ArgumentParser
import FlowRuntime
import StudyModel

/// The runtime's exit statuses as ArgumentParser's exit codes.
extension ExitCode {
  init(_ status: ExitStatus) { self.init(status.rawValue) }

  static let failed = ExitCode(.failed)
  static let usage = ExitCode(.usage)
  static let needsPerson = ExitCode(.needsPerson)
  static let unavailable = ExitCode(.unavailable)
  static let retryableLeft = ExitCode(.retryableLeft)
  static let misconfigured = ExitCode(.misconfigured)
  static func signalled(_ number: Int32) -> ExitCode { ExitCode(ExitStatus.signalled(number)) }

  /// Throws the exit code unless it is 0.
  static func leave(with status: ExitStatus) throws {
    if status != .success { throw ExitCode(status) }
  }
}
