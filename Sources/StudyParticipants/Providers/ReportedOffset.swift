import FlowCore

/// Compares the UTC offset that a provider reports beside the zone name with this machine's zone rules. Rules become
/// outdated: if the two differ, every local time of the participant may be off by an hour.
enum ReportedOffset {
  /// Fitbit's profile has milliseconds, Google's settings seconds with a unit. nil if the document has no offset.
  static func seconds(in document: JSONTree) -> Int64? {
    switch document["user"]?["offsetFromUTCMillis"] {
    case .number(let text), .string(let text): return Int64(text).flatMap { $0 % 1000 == 0 ? bounded($0 / 1000) : nil }
    default: break
    }
    guard let text = document["utcOffset"]?.text, text.hasSuffix("s") else { return nil }
    return Int64(text.dropLast()).flatMap(bounded)
  }

  private static func bounded(_ seconds: Int64) -> Int64? { (-64_800...64_800).contains(seconds) ? seconds : nil }

  /// Describes a contradiction; nil if there is none. A provider may report a clock change up to a day early or late.
  static func contradiction(_ reported: Int64, zone name: String, at answered: Instant, in zones: ZoneDatabase = .system) -> String? {
    guard let zone = zones.zone(name) else { return nil }
    let day: Int64 = 86_400
    let known = [answered.seconds, answered.seconds - day, answered.seconds + day].map(zone.utcOffset)
    guard !known.contains(reported), let now = known.first else { return nil }
    return "\(name) is at \(CivilZone.text(ofOffset: now)) on \(answered.text) by the zone rules of this machine, the provider says "
      + "\(CivilZone.text(ofOffset: reported)); bring the system's zone files (package tzdata) up to date"
  }
}
