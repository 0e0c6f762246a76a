import Foundation

/// Time zone names in American English, as Java prints and parses them.
enum ZoneNames {
  /// `CET`, `EDT`; regions without a common abbreviation show their offset.
  static func short(_ zone: Zone, at seconds: Int64) -> String {
    if zone.isFixed {
      return zone.identifier.hasPrefix("Etc/") ? String(zone.identifier.dropFirst(4)) : zone.identifier
    }
    if let names = abbreviations[zone.identifier], zone.hasKnownName(at: seconds) {
      return zone.isDaylight(at: seconds) ? names.daylight : names.standard
    }
    return localizedOffset(zone.offset(at: seconds), isFull: false)
  }

  /// `Central European Standard Time`
  static func long(_ zone: Zone, at seconds: Int64) -> String {
    if zone.isFixed {
      return zone.offset(at: seconds) == 0 && zone.identifier != "Z" ? "Coordinated Universal Time" : zone.identifier
    }
    guard zone.hasKnownName(at: seconds) else { return localizedOffset(zone.offset(at: seconds), isFull: true) }
    let style: TimeZone.NameStyle = zone.isDaylight(at: seconds) ? .daylightSaving : .standard
    return zone.timeZone.localizedName(for: style, locale: Locale(identifier: "en_US")) ?? zone.identifier
  }

  /// `GMT+2`, full `GMT+02:00`
  static func localizedOffset(_ offset: Int64, isFull: Bool) -> String {
    guard offset != 0 else { return "GMT" }
    let style = OffsetText.Style(minutes: isFull ? .always : .whenNeeded, seconds: .whenNeeded, hasColon: true)
    let text = style.text(offset)
    let isPadded = !isFull && text.dropFirst().first == "0"
    return "GMT" + (isPadded ? text.prefix(1) + text.dropFirst(2) : text[...])
  }

  /// The zone for an abbreviation; nil if it is unknown.
  static func zone(abbreviation: String) -> Zone? {
    guard let identifier = regions[abbreviation.uppercased()] else { return nil }
    return TimeZone(identifier: identifier).map { Zone($0) }
  }

  /// An upper bound for the length of abbreviations.
  static let longestAbbreviation = 5

  private static let regions: [String: String] = {
    var regions: [String: String] = [:]
    for (standard, daylight, identifiers) in groups {
      for name in [standard, daylight] where regions[name] == nil { regions[name] = identifiers[0] }
    }
    return regions
  }()

  private static let abbreviations: [String: (standard: String, daylight: String)] = {
    var abbreviations: [String: (standard: String, daylight: String)] = [:]
    for (standard, daylight, identifiers) in groups {
      for identifier in identifiers { abbreviations[identifier] = (standard, daylight) }
    }
    return abbreviations
  }()

  /// Standard name, daylight name, regions. The first region is the meaning of the name alone.
  private static let groups: [(String, String, [String])] = [
    ("PST", "PDT", ["America/Los_Angeles", "America/Vancouver", "America/Tijuana", "US/Pacific", "PST8PDT"]),
    ("MST", "MDT", ["America/Denver", "America/Boise", "America/Edmonton", "US/Mountain", "MST7MDT"]),
    ("MST", "MST", ["America/Phoenix", "MST", "US/Arizona"]),
    ("CST", "CDT", ["America/Chicago", "America/Winnipeg", "US/Central", "CST6CDT"]),
    ("CST", "CST", ["America/Mexico_City", "America/Costa_Rica", "America/Guatemala", "America/Regina"]),
    (
      "EST", "EDT",
      ["America/New_York", "America/Detroit", "America/Toronto", "America/Montreal", "US/Eastern", "EST5EDT"]
    ),
    ("EST", "EST", ["America/Panama", "America/Jamaica", "America/Cancun", "EST"]),
    ("AST", "ADT", ["America/Halifax", "Atlantic/Bermuda"]), ("AST", "AST", ["America/Puerto_Rico"]),
    ("NST", "NDT", ["America/St_Johns"]), ("AKST", "AKDT", ["America/Anchorage", "US/Alaska"]),
    ("HST", "HDT", ["Pacific/Honolulu", "US/Hawaii", "HST"]),
    ("GMT", "BST", ["Europe/London", "GB", "Europe/Belfast"]), ("GMT", "IST", ["Europe/Dublin"]),
    ("GMT", "GMT", ["Africa/Abidjan", "Africa/Accra", "Atlantic/Reykjavik", "GMT0", "Greenwich"]),
    ("WET", "WEST", ["Europe/Lisbon", "Atlantic/Canary", "Atlantic/Madeira", "WET"]),
    (
      "CET", "CEST",
      [
        "Europe/Paris", "Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "Europe/Rome", "Europe/Madrid",
        "Europe/Amsterdam", "Europe/Brussels", "Europe/Copenhagen", "Europe/Oslo", "Europe/Stockholm",
        "Europe/Prague", "Europe/Budapest", "Europe/Warsaw", "Europe/Belgrade", "Europe/Luxembourg",
        "Europe/Ljubljana", "Europe/Zagreb", "Europe/Bratislava", "Europe/Vaduz", "Europe/Monaco", "Europe/Malta",
        "Europe/Andorra", "Europe/San_Marino", "Europe/Vatican", "Europe/Tirane", "Europe/Sarajevo",
        "Europe/Skopje", "Europe/Podgorica", "Europe/Gibraltar", "CET",
      ]
    ),
    (
      "EET", "EEST",
      [
        "Europe/Athens", "Europe/Helsinki", "Europe/Kiev", "Europe/Kyiv", "Europe/Bucharest", "Europe/Sofia",
        "Europe/Riga", "Europe/Tallinn", "Europe/Vilnius", "Europe/Chisinau", "Asia/Beirut", "Africa/Cairo", "EET",
      ]
    ),
    ("MSK", "MSD", ["Europe/Moscow", "W-SU"]), ("IST", "IDT", ["Asia/Jerusalem", "Israel"]),
    ("IST", "IST", ["Asia/Kolkata", "Asia/Calcutta"]), ("PKT", "PKT", ["Asia/Karachi"]),
    ("CST", "CDT", ["Asia/Shanghai", "Asia/Taipei", "PRC"]), ("HKT", "HKT", ["Asia/Hong_Kong"]),
    ("JST", "JDT", ["Asia/Tokyo", "Japan"]), ("KST", "KDT", ["Asia/Seoul", "ROK"]),
    ("SAST", "SAST", ["Africa/Johannesburg"]), ("EAT", "EAT", ["Africa/Nairobi"]), ("WAT", "WAT", ["Africa/Lagos"]),
    ("AEST", "AEDT", ["Australia/Sydney", "Australia/Melbourne", "Australia/Hobart", "Australia/Canberra"]),
    ("AEST", "AEST", ["Australia/Brisbane"]), ("ACST", "ACDT", ["Australia/Adelaide"]),
    ("ACST", "ACST", ["Australia/Darwin"]), ("AWST", "AWDT", ["Australia/Perth"]),
    ("NZST", "NZDT", ["Pacific/Auckland", "NZ"]),
  ]
}
