/// A wall-clock time: milliseconds since 1970-01-01T00:00:00Z without leap seconds (POSIX).
package struct Instant: Hashable, Comparable, Sendable {
  package var milliseconds: Int64

  package init(milliseconds: Int64) { self.milliseconds = milliseconds }
  package init(seconds: Int64) { milliseconds = seconds * 1000 }

  /// Whole seconds since 1970, rounded down: the unit of every `instant` column.
  package var seconds: Int64 { milliseconds.flooredDivision(by: 1000) }

  package static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
  package static func + (left: Instant, right: Duration) -> Instant {
    Instant(milliseconds: left.milliseconds.saturatingAdd(right.wholeMilliseconds))
  }
  package static func - (left: Instant, right: Duration) -> Instant {
    Instant(milliseconds: left.milliseconds.saturatingSubtract(right.wholeMilliseconds))
  }
  package static func - (left: Instant, right: Instant) -> Duration {
    .milliseconds(left.milliseconds.saturatingSubtract(right.milliseconds))
  }

  /// The latest multiple of `step` seconds at or before this instant.
  package func roundedDown(toSeconds step: Int64) -> Instant {
    Instant(seconds: seconds.flooredDivision(by: step) * step)
  }
}

extension Int64 {
  /// Division that rounds towards negative infinity, so that instants before 1970 fall on the right day.
  package func flooredDivision(by divisor: Int64) -> Int64 { floored(by: divisor).quotient }

  /// The quotient rounded down, and the remainder, which has the sign of the divisor.
  package func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder != 0 && (remainder < 0) != (divisor < 0) ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  /// The sum, clamped to the range of `Int64`.
  func saturatingAdd(_ other: Int64) -> Int64 {
    let (sum, overflows) = addingReportingOverflow(other)
    return overflows ? (other < 0 ? .min : .max) : sum
  }
  func saturatingSubtract(_ other: Int64) -> Int64 {
    let (difference, overflows) = subtractingReportingOverflow(other)
    return overflows ? (other < 0 ? .max : .min) : difference
  }
}

extension Int {
  package func flooredDivision(by divisor: Int) -> Int { Int(Int64(self).flooredDivision(by: Int64(divisor))) }
}

extension Duration {
  /// Clamped to the range of `Int64`, like `wholeNanoseconds`: `Duration` has a wider range.
  package var wholeMilliseconds: Int64 { whole(perSecond: 1000) }
  package var wholeNanoseconds: Int64 { whole(perSecond: 1_000_000_000) }

  private func whole(perSecond: Int64) -> Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflows) = seconds.multipliedReportingOverflow(by: perSecond)
    if overflows { return seconds < 0 ? .min : .max }
    return whole.saturatingAdd(attoseconds / (1_000_000_000_000_000_000 / perSecond))
  }
  /// Seconds with a fraction, for display.
  package var inSeconds: Double { Double(wholeNanoseconds) / 1e9 }
}
