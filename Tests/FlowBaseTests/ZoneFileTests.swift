import FlowBase
import FlowTesting
import Testing

@Suite("Zone files follow RFC 9636")
struct ZoneFileTests {
  private func offset(_ file: ZoneFileBytes, _ instant: String) throws -> Int64 {
    try #require(file.table).change(at: try #require(Instant(rfc3339: instant)).seconds).offset
  }

  @Test(
    "Vancouver keeps UTC-7 from 1 November 2026 on",
    arguments: [
      ("1970-01-01T00:00:00Z", -8), ("2025-07-01T12:00:00Z", -7), ("2026-02-01T12:00:00Z", -8), ("2026-11-01T08:59:59Z", -7),
      ("2026-11-20T20:00:00Z", -7), ("2027-01-15T20:00:00Z", -7), ("2044-12-24T20:00:00Z", -7),
    ] as [(String, Int64)])
  func vancouver(instant: String, hours: Int64) throws { #expect(try offset(.vancouver, instant) == hours * 3600) }

  @Test(
    "the footer applies to every year after the last transition",
    arguments: [
      ("2026-03-29T00:59:59Z", 1), ("2026-03-29T01:00:00Z", 2), ("2026-10-25T00:59:59Z", 2), ("2026-10-25T01:00:00Z", 1),
      ("2040-07-01T00:00:00Z", 2), ("2040-12-01T00:00:00Z", 1), ("2500-07-01T00:00:00Z", 2), ("3000-01-01T00:00:00Z", 1),
      ("9999-07-01T00:00:00Z", 2), ("2426-03-29T00:59:59Z", 1), ("2426-03-29T01:00:00Z", 2),
    ] as [(String, Int64)])
  func footerYears(instant: String, hours: Int64) throws { #expect(try offset(.berlin, instant) == hours * 3600) }

  @Test("a version 1 file keeps its last offset for ever; versions 2, 3 and 4 have a footer", arguments: ["1", "2", "3", "4"] as [Character])
  func versions(version: Character) throws {
    var file = ZoneFileBytes.berlin
    file.version = version
    #expect(try offset(file, "1996-07-01T00:00:00Z") == 7200)
    #expect(try offset(file, "1990-07-01T00:00:00Z") == 3600)
    #expect(try offset(file, "2026-07-01T00:00:00Z") == (version == "1" ? 3600 : 7200))
  }

  @Test("with an empty footer the last offset applies")
  func emptyFooter() throws {
    var file = ZoneFileBytes.berlin
    file.footer = ""
    #expect(try offset(file, "2026-07-01T00:00:00Z") == 3600)
  }

  @Test("a zone without transitions follows its footer from 1900 on")
  func onlyFooter() throws {
    let file = ZoneFileBytes(types: [.init(-18_000), .init(-14_400, isDaylight: true)], footer: "EST5EDT,M3.2.0,M11.1.0")
    #expect(try offset(file, "2026-07-01T00:00:00Z") == -14_400)
    #expect(try offset(file, "2026-12-01T00:00:00Z") == -18_000)
  }

  @Test("a truncated or altered file is either rejected or read, without any other effect")
  func damaged() throws {
    let whole = ZoneFileBytes.berlin.bytes
    for count in 0..<(whole.count - 1) {
      #expect(ZoneFile.table(of: Array(whole.prefix(count))) == nil)
    }
    for place in whole.indices {
      for value in [0, 1, 2, 127, 128, 255] as [UInt8] {
        var bytes = whole
        bytes[place] = value
        // Rejected or parsed, but never read out of bounds.
        _ = ZoneFile.table(of: bytes)?.change(at: 1_800_000_000)
      }
    }
  }

  @Test("files with leap seconds are rejected: POSIX time does not count them")
  func leapSeconds() {
    var file = ZoneFileBytes.berlin
    file.leapSeconds = 2
    #expect(file.table == nil)
  }

  @Test("an undefined type and unordered transitions are rejected")
  func inconsistent() {
    var file = ZoneFileBytes.berlin
    file.transitions[1].type = 7
    #expect(file.table == nil)
    file = .berlin
    file.transitions.swapAt(0, 1)
    #expect(file.table == nil)
  }
}

extension ZoneFile {
  /// nil: refused.
  static func table(of bytes: [UInt8]) -> ZoneTable? {
    guard case .table(let table) = read(bytes) else { return nil }
    return table
  }
}

extension ZoneFileBytes {
  /// nil: refused.
  var table: ZoneTable? { ZoneFile.table(of: bytes) }
}
