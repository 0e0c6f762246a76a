import FlowCore
import StudyModel

/// The offsets of a FlowFile's time, by the zones that its attributes name.
struct FlowFileZones: Sendable {
  private let zones: ZoneDatabase

  init(_ zones: ZoneDatabase = .system) { self.zones = zones }

  /// The offset in the FlowFile's zone of that instant; nil where it has none. Throws `ProcessorError` (`bad_data`) for a zone that nobody
  /// knows.
  func utcOffset(of flowFile: FlowFile) throws -> (@Sendable (Int64) -> Int32)? {
    if let history = try flowFile.read(AttributeName.zones, expected: "zones with instants between them", history) {
      return { instant in
        let zone = history.last { $0.since.map { $0 <= instant } ?? true }?.zone
        return zone.map { Int32($0.utcOffset(at: instant)) } ?? 0
      }
    }
    guard let zone = try flowFile.read(AttributeName.zone, expected: "a zone such as America/Chicago", zones.zone) else { return nil }
    return { instant in Int32(zone.utcOffset(at: instant)) }
  }

  private func history(_ text: String) -> [(zone: CivilZone, since: Int64?)]? {
    guard let history = ZoneHistory(text: text) else { return nil }
    let known = history.entries.compactMap { entry in zones.zone(entry.zone).map { (zone: $0, since: entry.since?.seconds) } }
    return known.count == history.entries.count ? known : nil
  }
}
