import FlowCore
import StudyProcessors
import Testing

/// A truncated, repeated or continued document has no rows.
@Suite("ExtractRecords accepts only complete documents")
struct ExtractRecordsDocumentTests {
  private static let payloads = [
    ("fitbit-heart", "fitbit-heart-intraday-1sec.json"), ("fitbit-heart", "fitbit-heart-intraday-time-window.json"),
    ("fitbit-heart", "fitbit-heart-intraday-empty.json"), ("fitbit-steps", "fitbit-steps-intraday-1min.json"),
    ("fitbit-steps", "fitbit-steps-intraday-two-days.json"), ("fitbit-activity", "fitbit-activities-date.json"),
    ("fitbit-activity", "fitbit-activities-date-no-altimeter.json"), ("fitbit-zones", "fitbit-heart-date-1d.json"),
    ("fitbit-zones", "fitbit-heart-date-1d-not-worn.json"), ("google-heart", "ghealth-heart-rate-list.json"),
    ("google-heart", "ghealth-empty-page.json"), ("google-steps", "ghealth-steps-rollup-60s.json"),
  ]
  private static let attributes: Attributes = ["slice.date": "2026-08-15"]

  @Test("every prefix of a payload is rejected", arguments: payloads)
  func prefixes(mapping: String, payload: String) async throws {
    let bench = try ExtractRecordsBench(fixture: mapping)
    let document = trimmed(try Fixture.bytes("payloads/\(payload)"))
    for length in 0..<document.count {
      let outcome = try await bench.run(.bytes(Array(document[..<length])), Self.attributes)
      #expect(outcome.flowFile.failure?.cause == .badData, "the first \(length) bytes")
    }
    let whole = try await bench.run(.bytes(document), Self.attributes)
    #expect(whole.relationship == "success")
  }

  @Test("a repeated payload, or one followed by anything but white space, is rejected", arguments: payloads)
  func suffixes(mapping: String, payload: String) async throws {
    let bench = try ExtractRecordsBench(fixture: mapping)
    let document = trimmed(try Fixture.bytes("payloads/\(payload)"))
    let suffixes = [
      document, Array("{}".utf8), Array("]".utf8), Array("}".utf8), Array(",".utf8), Array("1".utf8), Array("null".utf8),
      Array("\n<html>".utf8), Array("\"".utf8), [0], [0xFF],
    ]
    for suffix in suffixes {
      let outcome = try await bench.run(.bytes(document + suffix), Self.attributes)
      #expect(outcome.flowFile.failure?.cause == .badData, "followed by \(suffix)")
    }
    let spaced = try await bench.run(.bytes(document + Array(" \r\n\t".utf8)), Self.attributes)
    #expect(spaced.relationship == "success")
  }

  private func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    while let last = bytes.last, last <= 32 { bytes.removeLast() }
    return bytes
  }
}
