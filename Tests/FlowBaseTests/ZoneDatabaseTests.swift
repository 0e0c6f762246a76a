import FlowBase
import FlowTesting
import Foundation
import Testing

@Suite("Zones come from the system, and from the toolchain only without a zone file")
struct ZoneDatabaseTests {
  private let toolchain = ZoneTable(fixed: -28_800)

  private func database(_ files: [String: [UInt8]], toolchain: ZoneTable? = nil) -> ZoneDatabase {
    ZoneDatabase(folder: "/zones", read: { files[$0] }, toolchain: { _ in toolchain })
  }

  @Test("a zone file takes precedence over the rules of the toolchain")
  func fileFirst() throws {
    let database = database(["/zones/America/Vancouver": ZoneFileBytes.vancouver.bytes], toolchain: toolchain)
    let zone = try #require(database.zone("America/Vancouver"))
    #expect(zone.origin == .system && zone.utcOffset(at: 1_795_000_000) == -25_200)
  }

  @Test("without a valid zone file the toolchain's rules apply, and the zone reports it")
  func toolchainSecond() throws {
    let database = database(["/zones/America/Regina": Array("TZif".utf8)], toolchain: toolchain)
    let missing = try #require(database.zone("America/Vancouver"))
    #expect(missing.origin == .toolchain(reason: "there is no zone file /zones/America/Vancouver"))
    #expect(missing.utcOffset(at: 1_795_000_000) == -28_800)
    guard case .toolchain(let reason) = database.zone("America/Regina")?.origin else { return #expect(Bool(false)) }
    #expect(reason.hasPrefix("the zone file /zones/America/Regina cannot be used: "))
  }

  @Test(
    "a name cannot lead outside of the folder",
    arguments: ["", "/etc/passwd", "../../etc/passwd", "America/../../x", "America//Chicago", "America/", "a b", "right/Europe/Berlin",
      "posix/Europe/Berlin", "localtime", "Europe\\Berlin", "Europe/Berlin\u{200B}", "Amerika/Chicago", "tzdata.zi", String(repeating: "a", count: 65)])
  func names(name: String) {
    let database = ZoneDatabase(
      folder: "/zones",
      read: { path in
        #expect(path == "/zones/Amerika/Chicago", "looked for \(path)")
        return nil
      }, toolchain: { _ in nil })
    #expect(database.zone(name) == nil)
  }

  @Test(
    "offsets by name need no file",
    arguments: [("UTC", 0), ("GMT", 0), ("GMT+0530", 19_800), ("GMT-3", -10_800), ("UTC+05:30", 19_800), ("GMT-0330", -12_600)] as [(String, Int64)])
  func fixed(name: String, seconds: Int64) throws {
    #expect(database([:]).zone(name)?.utcOffset(at: 0) == seconds)
  }

  @Test("an offset is not a zone name", arguments: ["GMT+", "GMT+99", "GMT+5:3", "GMT+053", "GMT5", "UTC+0560", "GMT+-5"])
  func notFixed(name: String) { #expect(database([:]).zone(name) == nil) }

  @Test(
    "a local time maps to its earliest instant; in a gap, the previous offset applies",
    arguments: [
      ("2026-03-29T01:59:59", "2026-03-29T00:59:59Z"), ("2026-03-29T02:30:00", "2026-03-29T00:30:00Z"),
      ("2026-03-29T03:00:00", "2026-03-29T01:00:00Z"), ("2026-10-25T01:59:59", "2026-10-24T23:59:59Z"),
      ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"), ("2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
    ])
  func localTimes(local: String, instant: String) throws {
    let zone = CivilZone(name: "Europe/Berlin", table: try #require(ZoneFileBytes.berlin.table))
    let seconds = try #require(Instant(localText: local)).seconds
    #expect(Instant(seconds: zone.earliestInstant(local: seconds)).text == instant)
  }

  @Test("the machine's zone files agree with Foundation on past years")
  func agreesWithFoundation() throws {
    let instants = (0..<600).map { Int64(86_400 * 365) + Int64($0) * 2_629_000 }  // monthly, 1971 to 2020
    var compared = 0
    var differing: [String] = []
    for name in TimeZone.knownTimeZoneIdentifiers {
      guard let zone = ZoneDatabase.system.zone(name), zone.origin == .system else { continue }
      let foundation = try #require(TimeZone(identifier: name))
      compared += 1
      let differs = instants.contains { instant in
        zone.utcOffset(at: instant) != Int64(foundation.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
      }
      if differs { differing.append(name) }
    }
    // Historical corrections reach the two sources at different times, one or two zones per year.
    #expect(differing.count * 50 <= compared, "\(differing)")
  }
}
