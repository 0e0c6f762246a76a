import FlowBase

/// A point in time with nanoseconds, like Java's `Instant`.
struct JavaInstant: Sendable, Equatable {
  /// Seconds since 1970.
  let seconds: Int64
  /// 0 to 999,999,999.
  let nanoseconds: Int64

  init(seconds: Int64, nanoseconds: Int64) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  init(milliseconds: Int64) {
    let (seconds, rest) = milliseconds.floored(by: 1000)
    self.init(seconds: seconds, nanoseconds: rest * 1_000_000)
  }

  /// Milliseconds since 1970, rounded down, clamped to 64 bits.
  var milliseconds: Int64 { count(perSecond: 1000) }

  /// Time since 1970 in fractions of a second, rounded down, clamped to 64 bits.
  func count(perSecond units: Int64) -> Int64 {
    let (product, overflows) = seconds.multipliedReportingOverflow(by: units)
    let (sum, overflowsToo) = product.addingReportingOverflow(nanoseconds / (1_000_000_000 / units))
    return overflows || overflowsToo ? (seconds < 0 ? .min : .max) : sum
  }

  /// The range of Java's `Instant`, about a billion years on either side.
  static let secondsRange: ClosedRange<Int64> = -31_557_014_167_219_200...31_556_889_864_403_199
}
