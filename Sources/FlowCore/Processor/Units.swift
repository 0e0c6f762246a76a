/// Durations and sizes in human-readable notation, including NiFi's units.
package enum Units {
  /// 100 years. Longer durations are mistakes and would overflow the clocks.
  package static let longestDays = 36_500
  /// 1024 TB.
  static let largestBytes = Double(1 << 50)

  /// `30s`, `10m` (minutes), `24h`, `7d`, `2w`, `500ms`; `30 sec`, `5 mins`, `1.5 hours`. nil for anything else,
  /// including negative durations and those over `longestDays`.
  package static func duration(_ text: String) -> Duration? {
    guard let seconds = seconds(text), !isTooLong(seconds) else { return nil }
    return .milliseconds(Int64((seconds * 1000).rounded()))
  }

  /// The expectation for a text that `duration` rejects: a duration, or a shorter one.
  package static func expectedDuration(for text: String) -> String {
    guard let seconds = seconds(text), isTooLong(seconds) else { return "a duration such as 30s, 10m, 24h or 7d" }
    return "a duration of at most \(longestDays)d (100 years)"
  }

  private static func seconds(_ text: String) -> Double? {
    guard let (number, unit) = split(text), let seconds = secondsPerUnit[unit] else { return nil }
    return number * seconds
  }

  private static func isTooLong(_ seconds: Double) -> Bool { seconds > Double(longestDays) * 86_400 }

  /// `512`, `512 B`, `500 KB`, `64 MB`, `1.5 GB`, `1 TB`; 1024-based as in NiFi. nil for anything else.
  package static func bytes(_ text: String) -> Int? {
    guard let bytes = byteCount(text), bytes <= largestBytes else { return nil }
    return Int(bytes.rounded())
  }

  /// The expectation for a text that `bytes` rejects: a size, or a smaller one.
  package static func expectedSize(for text: String) -> String {
    guard let bytes = byteCount(text), bytes > largestBytes else { return "a size such as 500 KB, 64 MB or 1 GB" }
    return "a size of at most 1024 TB"
  }

  private static func byteCount(_ text: String) -> Double? {
    guard let (number, unit) = split(text), let factor = bytesPerUnit[unit.uppercased()] else { return nil }
    return number * factor
  }

  /// The shortest exact form with one unit: `90m`, `24h`, `1500ms`.
  package static func text(of duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
    where milliseconds % length == 0 && milliseconds != 0 {
      return "\(milliseconds / length)\(unit)"
    }
    return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
  }

  private static func split(_ text: String) -> (Double, String)? {
    let trimmed = text.drop { $0 == " " }
    let digits = trimmed.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard let number = Double(digits), digits.first != ".", digits.last != "." else { return nil }
    let unit = trimmed[digits.endIndex...].drop { $0 == " " }
    return (number, String(unit))
  }

  private static let secondsPerUnit: [String: Double] = {
    var units: [String: Double] = [:]
    for (names, seconds) in [
      (["ms", "milli", "millis", "millisecond", "milliseconds"], 0.001),
      (["s", "sec", "secs", "second", "seconds"], 1),
      (["m", "min", "mins", "minute", "minutes"], 60),
      (["h", "hr", "hrs", "hour", "hours"], 3600),
      (["d", "day", "days"], 86_400),
      (["w", "wk", "wks", "week", "weeks"], 604_800),
    ] as [([String], Double)] {
      for name in names { units[name] = seconds }
    }
    return units
  }()

  private static let bytesPerUnit: [String: Double] = [
    "": 1, "B": 1, "KB": 1024, "MB": 1_048_576, "GB": 1_073_741_824, "TB": 1_099_511_627_776,
  ]
}
