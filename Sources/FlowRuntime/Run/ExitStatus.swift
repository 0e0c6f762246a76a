/// Exit status of a command or run (README, "Exit codes"; numbers as in sysexits.h).
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
  /// As shells encode it.
  package static func signalled(_ number: Int32) -> ExitStatus { ExitStatus(rawValue: 128 + number) }
}
