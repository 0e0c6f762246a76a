import FlowCore

/// Durations and sizes as NiFi reads them: without regard to case and to white space around them.
enum NiFiUnits {
  /// nil: it is none, or NiFi has a finer one than milliseconds.
  static func duration(_ text: String) -> Duration? {
    let plain = trimmed(text).lowercased()
    if let duration = Units.duration(plain) { return duration }
    // Nanoseconds and microseconds, which only zero has in milliseconds.
    let digits = plain.prefix { $0.isASCII && $0.isNumber }
    let unit = plain[digits.endIndex...].drop(while: \.isWhitespace)
    let isFine = ["ns", "nano", "nanos", "nanosecond", "nanoseconds", "µs", "micro", "micros", "microsecond", "microseconds"].contains(String(unit))
    return isFine && !digits.isEmpty && digits.allSatisfy { $0 == "0" } ? .zero : nil
  }

  /// nil: it is none.
  static func bytes(_ text: String) -> Int? { Units.bytes(trimmed(text)) }

  static func trimmed(_ text: String) -> String {
    let start = text.drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
