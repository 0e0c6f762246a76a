import FlowCore
import FlowTesting
import Testing

@testable import StudyParticipants


@Suite("The offset that a provider reports is compared with the zone's rules")
struct ReportedOffsetTests {
  @Test(
    "both wires tell it",
    arguments: [
      (#"{"user":{"timezone":"America/Vancouver","offsetFromUTCMillis":-25200000}}"#, -25_200),
      (#"{"user":{"offsetFromUTCMillis":"19800000"}}"#, 19_800), (#"{"name":"users/me/settings","utcOffset":"-25200s"}"#, -25_200),
      (#"{"utcOffset":"0s"}"#, 0), (#"{"utcOffset":"late"}"#, nil), (#"{"utcOffset":"99999999s"}"#, nil), (#"{"user":{}}"#, nil), ("[]", nil), (#"{"utcOffset":"-9223372036854775808s"}"#, nil),
    ] as [(String, Int64?)])
  func reported(document: String, seconds: Int64?) throws {
    #expect(ReportedOffset.seconds(in: try JSONTree(parsing: Array(document.utf8))) == seconds)
  }

  @Test("outdated rules are detected, and a clock change within a day is not taken for one")
  func contradiction() throws {
    let berlin = ZoneFileBytes.berlin.bytes
    let zones = ZoneDatabase(folder: "/zones", read: { $0 == "/zones/Europe/Berlin" ? berlin : nil }, toolchain: { _ in nil })
    func said(_ reported: Int64, _ instant: String) throws -> String? {
      ReportedOffset.contradiction(reported, zone: "Europe/Berlin", at: try #require(Instant(rfc3339: instant)), in: zones)
    }
    #expect(try said(3600, "2026-12-01T00:00:00Z") == nil && said(7200, "2026-07-01T00:00:00Z") == nil)
    #expect(try said(7200, "2026-03-28T12:00:00Z") == nil && said(3600, "2026-03-29T12:00:00Z") == nil)
    let words = try #require(try said(7200, "2026-12-01T00:00:00Z"))
    #expect(words.hasPrefix("Europe/Berlin is at +01:00 on 2026-12-01T00:00:00Z") && words.contains("the provider says +02:00"))
    #expect(ReportedOffset.contradiction(0, zone: "Nowhere", at: Instant(seconds: 0), in: zones) == nil)
  }
}
