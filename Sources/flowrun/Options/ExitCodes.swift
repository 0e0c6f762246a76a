import ArgumentParser

/// flowrun's exit codes (README, "Exit codes"; the numbers are those of sysexits.h).
extension ExitCode {
  static let failed = ExitCode(1)
  static let usage = ExitCode(64)
  static let needsPerson = ExitCode(65)
  static let unavailable = ExitCode(69)
  static let retryableLeft = ExitCode(75)
  static let misconfigured = ExitCode(78)
  /// As shells say it.
  static func signalled(_ number: Int32) -> ExitCode { ExitCode(128 + number) }
}
