import FlowBase
import Foundation

/// A time zone: a fixed offset from UTC, or a region with rules.
struct Zone: Sendable {
  /// Java's identifier: `Europe/Vienna`, `UTC`, `+02:00`, `Z`.
  let identifier: String
  let timeZone: TimeZone
  /// Seconds east of UTC if the zone has no rules.
  private let fixedOffset: Int64?
  /// The rules of the system's zone file. nil if there is none: then the toolchain's rules in `timeZone` apply, which
  /// go out of date.
  private let rules: ZoneTable?

  init(_ timeZone: TimeZone) {
    self.timeZone = timeZone
    identifier = timeZone.identifier
    fixedOffset = Zone.utcNames.contains(timeZone.identifier) ? 0 : nil
    rules = ZoneDatabase.system.zone(timeZone.identifier).flatMap { $0.origin == .system ? $0.table : nil }
  }

  /// A fixed offset, with Java's identifier unless a name is given.
  init?(offset: Int64, named name: String? = nil) {
    guard abs(offset) <= 18 * 3600, let timeZone = TimeZone(secondsFromGMT: Int(offset)) else { return nil }
    identifier = name ?? Zone.offsetText(offset)
    self.timeZone = timeZone
    fixedOffset = offset
    rules = nil
  }

  /// Parses an identifier like Java's `ZoneId.of`: a region, `UTC`, `GMT`, `UT`, `Z`, an offset, or a combination such
  /// as `GMT+2`.
  init(_ name: String) throws(ExpressionProblem) {
    if let zone = Zone.fixed(name) {
      self = zone
    } else if name.contains("/") || Zone.singleWords.contains(name), let timeZone = TimeZone(identifier: name) {
      self.init(timeZone)
    } else {
      throw ExpressionProblem.unsuitable(
        expected: "a time zone such as Europe/Vienna, UTC or +02:00",
        hint: NearestName.suggestion(for: name, among: TimeZone.knownTimeZoneIdentifiers))
    }
  }

  private static let utcNames: Set<String> = ["UTC", "GMT", "UT", "Etc/UTC", "Etc/GMT", "Etc/UCT", "Zulu", "Etc/Zulu"]

  /// Regions in the time zone database without a slash.
  private static let singleWords: Set<String> = [
    "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "GB-Eire", "GMT0", "Greenwich", "HST",
    "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya", "MET", "MST", "MST7MDT", "NZ",
    "NZ-CHAT", "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROK", "Singapore", "Turkey", "UCT", "Universal",
    "W-SU", "WET", "Zulu",
  ]

  private static func fixed(_ name: String) -> Zone? {
    if name == "Z" { return Zone(offset: 0) }
    for prefix in ["", "UTC", "GMT", "UT"] where name.hasPrefix(prefix) {
      let rest = name.dropFirst(prefix.count)
      if rest.isEmpty, !prefix.isEmpty { return Zone(offset: 0, named: prefix) }
      if let offset = OffsetText.parse(String(rest)) {
        return Zone(offset: offset, named: prefix.isEmpty ? nil : prefix + (offset == 0 ? "" : offsetText(offset)))
      }
    }
    return nil
  }

  /// `+02:00`, with seconds if they are not zero; `Z` for zero.
  static func offsetText(_ offset: Int64) -> String {
    offset == 0 ? "Z" : OffsetText.Style(minutes: .always, seconds: .whenNeeded, hasColon: true).text(offset)
  }

  /// Whether the zone has no rules.
  var isFixed: Bool { fixedOffset != nil }

  /// Seconds east of UTC at a point in time.
  func offset(at seconds: Int64) -> Int64 {
    if let fixedOffset { return fixedOffset }
    return rules?.change(at: seconds).offset ?? toolchainOffset(at: seconds)
  }

  private func toolchainOffset(at seconds: Int64) -> Int64 {
    Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
  }

  /// Whether the toolchain's names apply: not if the system's rules have changed since it was built.
  func hasKnownName(at seconds: Int64) -> Bool { offset(at: seconds) == toolchainOffset(at: seconds) }

  /// Whether daylight-saving time applies at a point in time.
  func isDaylight(at seconds: Int64) -> Bool {
    fixedOffset == nil && timeZone.isDaylightSavingTime(for: Date(timeIntervalSince1970: Double(seconds)))
  }

  /// The offset of a local time; in a gap or an overlap the earlier offset, as in Java.
  func offset(forLocal seconds: Int64) -> Int64 {
    if let fixedOffset { return fixedOffset }
    let (before, after) = neighbours(ofLocal: seconds)
    if offset(at: seconds - before) == before { return before }
    return offset(at: seconds - after) == after ? after : before
  }

  /// Whether the local time exists, i.e. is not in a gap.
  func exists(local seconds: Int64) -> Bool {
    if fixedOffset != nil { return true }
    let (before, after) = neighbours(ofLocal: seconds)
    return offset(at: seconds - before) == before || offset(at: seconds - after) == after
  }

  /// The offsets a day before and a day after.
  private func neighbours(ofLocal seconds: Int64) -> (before: Int64, after: Int64) {
    (offset(at: seconds - 86_400), offset(at: seconds + 86_400))
  }
}
