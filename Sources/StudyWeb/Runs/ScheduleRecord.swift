import FlowBase
import FlowCore
import Foundation

/// Until when the due times of each flow are handled: `STATE/schedule.json`, so that a restart neither repeats nor forgets.
struct ScheduleRecord: Sendable, Equatable, Codable {
  struct Entry: Sendable, Equatable, Codable {
    /// The schedule that was in force, as `ScheduleStatus` shows it. Another one begins anew.
    var cron: String
    var zone: String
    /// RFC 3339.
    var handled: String
  }
  /// By the flow's name.
  var flows: [String: Entry] = [:]

  private static let limitBytes = 1 << 20

  /// Until when the due times of a schedule are handled; nil if it is not known.
  func handled(_ flow: String, _ schedule: (times: String, zone: String)) -> Instant? {
    guard let entry = flows[flow], entry.cron == schedule.times, entry.zone == schedule.zone else { return nil }
    return Instant(rfc3339: entry.handled)
  }

  mutating func set(_ flow: String, _ schedule: (times: String, zone: String), handled: Instant) {
    flows[flow] = Entry(cron: schedule.times, zone: schedule.zone, handled: handled.text)
  }

  static func path(in state: String) -> String { state + "/schedule.json" }

  /// Blocks. Empty if there is no file. Throws `FileSystemError` and, for a damaged file, `DecodingError`.
  static func read(from state: String, _ fileSystem: any FileSystem) throws -> ScheduleRecord {
    guard try fileSystem.status(path(in: state)) != nil else { return ScheduleRecord() }
    return try JSONDecoder().decode(ScheduleRecord.self, from: Data(try fileSystem.read(path(in: state), limitBytes: limitBytes)))
  }

  /// Blocks. Durable when it returns. Throws `FileSystemError`.
  func write(to state: String, _ fileSystem: any FileSystem) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try fileSystem.makeFolder(state)
    let path = Self.path(in: state)
    try fileSystem.replaceDurably(path, with: [UInt8](try encoder.encode(self)) + [UInt8(ascii: "\n")], temporary: path + ".new")
  }
}
