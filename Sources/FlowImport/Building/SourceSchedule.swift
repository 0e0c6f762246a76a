import FlowCore

/// When NiFi triggers a source, as a flow's schedule: five fields of cron.
enum SourceSchedule {
  /// nil: it cannot be said in five fields.
  static func cron(strategy: String, period: String) -> String? {
    strategy == "CRON_DRIVEN" ? cron(quartz: period) : cron(every: period)
  }

  /// Whether NiFi triggers it all the time.
  static func isContinuous(strategy: String, period: String) -> Bool {
    strategy != "CRON_DRIVEN" && Units.duration(period) == .zero
  }

  /// Quartz has seconds first, counts days of the week from 1 (Sunday), and wants a `?` in one of the two day fields.
  private static func cron(quartz: String) -> String? {
    let fields = quartz.split(separator: " ").map(String.init)
    guard fields.count == 6 || fields.count == 7 && fields[6] == "*", fields[0] == "0" else { return nil }
    let plain = fields[1...5].map { $0 == "?" ? "*" : $0 }
    // `L`, `W` and `#` are Quartz's own; its numbers of days are others.
    let known = plain.allSatisfy { field in field.utf8.allSatisfy { (0x30...0x39).contains($0) || "*,-/".utf8.contains($0) } }
    let names = plain[4].utf8.allSatisfy { (0x41...0x5A).contains($0) || "*,-".utf8.contains($0) }
    guard (known && plain[4] == "*") || (plain[0..<4].allSatisfy { field in field.utf8.allSatisfy { (0x30...0x39).contains($0) || "*,-/".utf8.contains($0) } } && names) else { return nil }
    return plain.joined(separator: " ")
  }

  private static func cron(every period: String) -> String? {
    guard let duration = Units.duration(period) else { return nil }
    let seconds = duration.components.seconds
    guard duration == .seconds(seconds), seconds > 0, seconds % 60 == 0 else { return nil }
    let minutes = seconds / 60
    if minutes == 1 { return "* * * * *" }
    if minutes < 60, 60 % minutes == 0 { return "*/\(minutes) * * * *" }
    guard minutes % 60 == 0 else { return nil }
    let hours = minutes / 60
    if hours == 1 { return "0 * * * *" }
    if hours < 24, 24 % hours == 0 { return "0 */\(hours) * * *" }
    return hours == 24 ? "0 0 * * *" : nil
  }
}
