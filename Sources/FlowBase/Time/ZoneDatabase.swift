/// The system's zones by name. Each file is read once and cached; the number of zones bounds the cache.
///
/// Distributions update their zone files within days of a change in the law; a toolchain's rules stay as they were when
/// it was built.
package final class ZoneDatabase: Sendable {
  /// Where the zone files are.
  package let folder: String
  private let read: @Sendable (_ path: String) -> [UInt8]?
  private let toolchain: @Sendable (_ name: String) -> ZoneTable?
  private let known = Locked<[String: CivilZone]>([:])

  /// - Parameters:
  ///   - read: returns the bytes of a file; nil if it does not exist.
  ///   - toolchain: returns the rules for a name without a zone file; nil if no such zone is known.
  package init(
    folder: String, read: @escaping @Sendable (_ path: String) -> [UInt8]?, toolchain: @escaping @Sendable (_ name: String) -> ZoneTable?
  ) {
    self.folder = folder
    self.read = read
    self.toolchain = toolchain
  }

  /// The zone with this name; nil if there is none.
  package func zone(_ name: String) -> CivilZone? {
    if let zone = known.withLock({ $0[name] }) { return zone }
    guard let zone = find(name) else { return nil }
    known.withLock { $0[name] = zone }
    return zone
  }

  private func find(_ name: String) -> CivilZone? {
    if let offset = ZoneName.fixedOffset(name) { return CivilZone(name: name, table: ZoneTable(fixed: offset)) }
    guard ZoneName.isPlausible(name) else { return nil }
    let path = "\(folder)/\(name)"
    guard let bytes = read(path) else { return toolchainZone(name, reason: "there is no zone file \(path)") }
    switch ZoneFile.read(bytes) {
    case .table(let table): return CivilZone(name: name, table: table)
    case .refused(let reason): return toolchainZone(name, reason: "the zone file \(path) cannot be used: \(reason)")
    }
  }

  private func toolchainZone(_ name: String, reason: String) -> CivilZone? {
    toolchain(name).map { CivilZone(name: name, origin: .toolchain(reason: reason), table: $0) }
  }
}

/// The syntax of zone names.
enum ZoneName {
  private static let maximumBytes = 64
  /// Other files in the folder, and second copies of the zone tree (`right` counts leap seconds).
  private static let others: Set<Substring> = ["right", "posix", "posixrules", "localtime", "Factory"]

  /// Letters, digits, `_`, `+` and `-`, in parts separated by slashes: cannot lead out of the folder.
  static func isPlausible(_ name: String) -> Bool {
    guard name.utf8.count <= maximumBytes else { return false }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first, !others.contains(first) else { return false }
    return parts.allSatisfy { part in !part.isEmpty && part.utf8.allSatisfy(isAllowed) }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    case UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
    default: false
    }
  }

  /// The offset of `UTC`, `GMT`, `GMT+5`, `GMT-0330` or `UTC+05:30` (+ is east, unlike in POSIX's TZ); nil for any
  /// other name.
  static func fixedOffset(_ name: String) -> Int64? {
    guard name.hasPrefix("GMT") || name.hasPrefix("UTC") else { return nil }
    var rest = Array(name.utf8.dropFirst(3))
    guard let sign = rest.first else { return 0 }
    guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
    rest.removeFirst()
    if rest.count == 5, rest[2] == UInt8(ascii: ":") { rest.remove(at: 2) }
    let hourDigits = rest.count == 4 ? 2 : rest.count
    guard (1...2).contains(hourDigits), let hours = decimal(rest[..<hourDigits]), hours <= 18 else { return nil }
    let minutes = rest.count == 4 ? decimal(rest[2...]) : 0
    guard let minutes, minutes < 60 else { return nil }
    let seconds = Int64(hours * 3600 + minutes * 60)
    return sign == UInt8(ascii: "-") ? -seconds : seconds
  }
}
