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

  private static func cron(quartz: String) -> String? {
    let fields = quartz.split(separator: " ").map { $0.uppercased() }
    guard fields.count == 6 || fields.count == 7 && fields[6] == "*", fields[0] == "0" else { return nil }
    var words: [String] = []
    for (field, text) in zip(QuartzField.all, fields[1...5]) {
      guard let word = field.word(text) else { return nil }
      words.append(word)
    }
    return words.joined(separator: " ")
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
