import FlowCore

/// A run's id: its start time and six random digits, so that ids sort by time and runs started together differ. With four, two of 20 hosts that a
/// timetable starts in the same second had the same id once in 350 nights, and one row in the history.
enum RunIdentity {
  static func make(at instant: Instant, _ random: any RandomSource) -> String {
    let time = Instant(seconds: instant.seconds).text.filter { $0 != "-" && $0 != ":" }
    return "\(time)-\(Hexadecimal.text(random.next() & 0xFF_FFFF, width: 6))"
  }

  /// When the run began; nil for an id of another form.
  static func start(of run: String) -> Instant? {
    guard let parts = run.wholeMatch(of: #/(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z-.*/#)?.output else { return nil }
    return Instant(rfc3339: "\(parts.1)-\(parts.2)-\(parts.3)T\(parts.4):\(parts.5):\(parts.6)Z")
  }
}
