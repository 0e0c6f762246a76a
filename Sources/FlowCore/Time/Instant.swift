/// A moment of wall-clock time: milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX).
package struct Instant: Hashable, Comparable, Sendable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  package init(seconds: Int64) { milliseconds = seconds * 1000 }

  /// Whole seconds since 1970, rounded down: the form of every `instant` column.
  package var seconds: Int64 { milliseconds.flooredDivision(by: 1000) }

  package static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
  package static func + (left: Instant, right: Duration) -> Instant {
    Instant(milliseconds: left.milliseconds + right.wholeMilliseconds)
  }
  package static func - (left: Instant, right: Duration) -> Instant {
    Instant(milliseconds: left.milliseconds - right.wholeMilliseconds)
  }
  package static func - (left: Instant, right: Instant) -> Duration {
    .milliseconds(left.milliseconds - right.milliseconds)
  }

  /// The latest multiple of `step` seconds that is not after this instant.
  package func roundedDown(toSeconds step: Int64) -> Instant {
    Instant(seconds: seconds.flooredDivision(by: step) * step)
  }
}

extension Int64 {
  /// Division that rounds towards negative infinity, so that instants before 1970 fall on the right day.
  package func flooredDivision(by divisor: Int64) -> Int64 {
    let quotient = self / divisor
    return (self % divisor != 0) && ((self < 0) != (divisor < 0)) ? quotient - 1 : quotient
  }
}

extension Duration {
  package var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1000 + attoseconds / 1_000_000_000_000_000
  }
  package var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
  /// Seconds with a fraction, for people and reports.
  package var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }
}
