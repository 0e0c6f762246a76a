import FlowCore

/// A run's id: its start time and four random digits, so that ids sort by time and runs started together differ.
enum RunIdentity {
  static func make(at instant: Instant, _ random: any RandomSource) -> String {
    let time = Instant(seconds: instant.seconds).text.filter { $0 != "-" && $0 != ":" }
    return "\(time)-\(Hexadecimal.text(random.next() & 0xFFFF, width: 4))"
  }
}
