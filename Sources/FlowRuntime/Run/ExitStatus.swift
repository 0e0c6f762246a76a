/// How a command or a run ended, as a number for scripts (README, "Exit codes"; the numbers are those of sysexits.h).
package struct ExitStatus: RawRepresentable, Hashable, Sendable {
  package var rawValue: Int32

  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let success = ExitStatus(rawValue: 0)
  package static let failed = ExitStatus(rawValue: 1)
  package static let usage = ExitStatus(rawValue: 64)
  package static let needsPerson = ExitStatus(rawValue: 65)
  package static let unavailable = ExitStatus(rawValue: 69)
  package static let retryableLeft = ExitStatus(rawValue: 75)
  package static let misconfigured = ExitStatus(rawValue: 78)
  /// As shells say it.
  package static func signalled(_ number: Int32) -> ExitStatus { ExitStatus(rawValue: 128 + number) }
}
