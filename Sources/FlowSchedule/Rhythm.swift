import FlowBase

/// Times that repeat: by cron's fields on a zone's clock, or every so often.
package enum Rhythm: Sendable {
  case cron(CronExpression, in: CivilZone)
  /// At whole multiples of so many seconds, at least one, since 1970-01-01T00:00Z. So a restart of the server changes nothing.
  case every(seconds: Int64)

  /// The first due time after an instant.
  package func next(after instant: Instant) -> Instant {
    switch self {
    case .cron(let expression, let zone): expression.next(after: instant, in: zone)
    case .every(let seconds): Instant(seconds: (instant.seconds.flooredDivision(by: seconds) + 1) * seconds)
    }
  }
}
