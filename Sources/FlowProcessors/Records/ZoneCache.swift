import FlowCore
import Foundation

/// Time zones by name: finding one reads a file. Holds as many as there are zones.
final class ZoneCache: Sendable {
  private let zones = Locked<[String: TimeZone]>([:])

  /// The offset in the FlowFile's zone; nil where it has none. Throws `ProcessorError` (`bad_data`) for a zone that nobody knows.
  func utcOffset(of flowFile: FlowFile) throws -> (@Sendable (Int64) -> Int32)? {
    let zone = try flowFile.read(AttributeName.zone, expected: "a zone such as America/Chicago") { find($0) }
    guard let zone else { return nil }
    return { instant in Int32(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))) }
  }

  private func find(_ name: String) -> TimeZone? {
    if let known = zones.withLock({ $0[name] }) { return known }
    guard let zone = TimeZone(identifier: name) else { return nil }
    zones.withLock { $0[name] = zone }
    return zone
  }
}
