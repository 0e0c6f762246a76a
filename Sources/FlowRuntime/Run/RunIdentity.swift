import FlowCore

/// A run's id: its start and four random digits, so that runs sort by time and two that start together differ.
enum RunIdentity {
  static func make(at instant: Instant, _ random: any RandomSource) -> String {
    let time = Instant(seconds: instant.seconds).text.filter { $0 != "-" && $0 != ":" }
    let digits = String(random.next() & 0xFFFF, radix: 16)
    return "\(time)-\(String(repeating: "0", count: 4 - digits.count))\(digits)"
  }
}
