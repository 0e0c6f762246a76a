/// Encodes a zone as a TZif file (RFC 9636), like zic.
package struct ZoneFileBytes: Sendable {
  package struct LocalType: Sendable {
    package var offset: Int32
    package var isDaylight: Bool
    package init(_ offset: Int32, isDaylight: Bool = false) {
      self.offset = offset
      self.isDaylight = isDaylight
    }
  }

  package var version: Character = "2"
  /// The first type applies before all transitions.
  package var types: [LocalType]
  package var transitions: [(at: Int64, type: UInt8)] = []
  package var leapSeconds = 0
  package var footer = ""

  package init(types: [LocalType], transitions: [(at: Int64, type: UInt8)] = [], footer: String = "") {
    self.types = types
    self.transitions = transitions
    self.footer = footer
  }


  package var bytes: [UInt8] {
    let first = block(width: 4, transitions.filter { Int64(Int32.min)...Int64(Int32.max) ~= $0.at })
    guard version != "1" else { return first }
    return first + block(width: 8, transitions) + [10] + Array(footer.utf8) + [10]
  }

  private func block(width: Int, _ transitions: [(at: Int64, type: UInt8)]) -> [UInt8] {
    let name = Array("LMT".utf8) + [0]
    var bytes = Array("TZif".utf8) + [version == "1" ? 0 : version.asciiValue ?? 0] + Array(repeating: 0, count: 15)
    for count in [0, 0, leapSeconds, transitions.count, types.count, name.count] { bytes += bigEndian(Int64(count), 4) }
    for transition in transitions { bytes += bigEndian(transition.at, width) }
    bytes += transitions.map(\.type)
    for type in types { bytes += bigEndian(Int64(type.offset), 4) + [type.isDaylight ? 1 : 0, 0] }
    bytes += name
    for number in 0..<leapSeconds { bytes += bigEndian(Int64(number + 1) * 1_000_000, width) + bigEndian(Int64(number + 1), 4) }
    return bytes
  }

  private func bigEndian(_ value: Int64, _ width: Int) -> [UInt8] {
    (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * Int64($0))) }
  }
}

extension ZoneFileBytes {
  /// Vancouver as decided by its province: Pacific time until 1 November 2026, then permanently UTC-7.
  package static let vancouver = ZoneFileBytes(
    types: [LocalType(-28_800), LocalType(-25_200, isDaylight: true), LocalType(-25_200)],
    transitions: [
      (1_741_514_400, 1), (1_762_074_000, 0), (1_772_964_000, 1),  // 2025-03-09, 2025-11-02, 2026-03-08
      (1_793_523_600, 2),  // 2026-11-01T09:00Z
    ],
    footer: "MST7")

  package static let berlin = ZoneFileBytes(
    types: [LocalType(3600), LocalType(7200, isDaylight: true)],
    transitions: [(828_234_000, 1), (846_378_000, 0)],  // 1996-03-31, 1996-10-27
    footer: "CET-1CEST,M3.5.0,M10.5.0/3")
}
