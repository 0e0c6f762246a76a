import FlowCore
import Foundation

/// Time zones by name: finding one reads a file. Holds as many as there are zones.
final class ZoneCache: Sendable {
  private let zones = Locked<[String: TimeZone]>([:])

  /// The offset in the FlowFile's zone of that instant; nil where it has none. Throws `ProcessorError` (`bad_data`) for a zone that nobody
  /// knows.
  func utcOffset(of flowFile: FlowFile) throws -> (@Sendable (Int64) -> Int32)? {
    if let history = try flowFile.read(AttributeName.zones, expected: "zones with instants between them", history) {
      return { instant in
        let zone = history.last { $0.since.map { $0 <= instant } ?? true }?.zone
        return zone.map { Int32($0.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))) } ?? 0
      }
    }
    let zone = try flowFile.read(AttributeName.zone, expected: "a zone such as America/Chicago") { find($0) }
    guard let zone else { return nil }
    return { instant in Int32(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))) }
  }

  private func history(_ text: String) -> [(zone: TimeZone, since: Int64?)]? {
    guard let history = ZoneHistory(text: text) else { return nil }
    let zones = history.entries.compactMap { entry in find(entry.zone).map { (zone: $0, since: entry.since?.seconds) } }
    return zones.count == history.entries.count ? zones : nil
  }

  private func find(_ name: String) -> TimeZone? {
    if let known = zones.withLock({ $0[name] }) { return known }
    guard let zone = TimeZone(identifier: name) else { return nil }
    zones.withLock { $0[name] = zone }
    return zone
  }
}
