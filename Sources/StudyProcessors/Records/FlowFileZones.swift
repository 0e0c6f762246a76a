import FlowCore
import StudyModel

/// UTC offsets in the zones named by a FlowFile's attributes.
struct FlowFileZones: Sendable {
  private let zones: ZoneDatabase

  init(_ zones: ZoneDatabase = .system) { self.zones = zones }

  /// The UTC offset of an instant in the FlowFile's zones; nil if it names none. Throws `ProcessorError` (`bad_data`)
  /// for an unknown zone.
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
