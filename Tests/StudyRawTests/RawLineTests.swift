import FlowCore
import Foundation
import StudyModel
import Testing

@testable import StudyRaw

/// A line holds a response byte for byte, under the names that are promised to others.
@Suite struct RawLineTests {
  private static let key = "provider=fitbit/data_type=mixed/date=2026-01-06/20260106T101500Z-00ff-P0001.jsonl.zst"

  private static func lines(_ answer: RawAnswer) throws -> [(text: [UInt8], line: RawLine)] {
    let bytes = answer.lines(of: key, run: RawBench.run)
    #expect(bytes.last == UInt8(ascii: "\n"))
    return try bytes.split(separator: UInt8(ascii: "\n")).map { (Array($0), try RawLine(parsing: Array($0))) }
  }

  private static func line(_ body: [UInt8]) throws -> (text: [UInt8], line: RawLine) {
    var answer = RawBench.answer()
    answer.responses = [RawBench.response(body)]
    return try #require(try lines(answer).first)
  }

  @Test(
    "A body of UTF-8 stands as text and comes back byte for byte",
    arguments: [
      "", "{}", #"{"a":"b\"c\\d\u0000","e":[1.50,-0]}"#, "\u{0}", "a\u{0}b", "line\nline\r\n\ttab", "\u{1}\u{1F}\u{7F}\u{80}", "\u{2028}\u{2029}", "ä 漢 👩‍👩‍👧 \u{10FFFF}",
      "\u{FEFF}{\"bom\":true}", "e\u{301} é", "</script>", "\u{FFFF}\u{FFFE}", #"{"half":"\ud83d"}"#,
    ])
  func text(body: String) throws {
    let (text, line) = try Self.line(Array(body.utf8))
    #expect(line.body != nil && line.bodyBase64 == nil)
    #expect(try line.checkedBody() == Array(body.utf8))
    #expect(!text.contains { $0 < 0x20 }, "a line is one line, whatever is in it")
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
    // Foundation drops a byte order mark.
    let read = body.hasPrefix("\u{FEFF}") ? String(body.unicodeScalars.dropFirst()) : body
    #expect((object["body"] as? String).map { Array($0.utf8) } == Array(read.utf8), "another reader finds the same")
  }

  @Test(
    "A body that is no UTF-8 stands in base64 and comes back byte for byte",
    arguments: [[0xFF], [0xC3], [0x7B, 0xC0, 0x80, 0x7D], [0xED, 0xA0, 0x80], Array(0...255), [0x1F, 0x8B, 8, 0, 0, 0, 0, 0]] as [[UInt8]])
  func bytes(body: [UInt8]) throws {
    let (text, line) = try Self.line(body)
    #expect(line.body == nil)
    #expect(try line.checkedBody() == body)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
    #expect((object["body_base64"] as? String).flatMap { Data(base64Encoded: $0) } == Data(body))
  }

  @Test("The members have the names and forms that others rely on")
  func names() throws {
    let (text, _) = try Self.line(Array("{}".utf8))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
    let promised: [String: String] = [
      "participant": "P0001", "data_type": "intraday-heart-rate", "slice_start": "2026-01-05T00:00:00Z", "slice_end": "2026-01-06T00:00:00Z",
      "url": "https://provider.example/1/day", "fetched_at": "2026-01-06T10:15:00Z", "body": "{}",
      "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
    ]
    for (name, value) in promised { #expect(object[name] as? String == value, "\(name)") }
    #expect(object["status"] as? Int == 200)
    #expect(object["headers"] as? [String: String] == ["Content-Type": "application/json"])
  }

  @Test("Of the header fields only those of the list are kept: no cookie, no token")
  func headers() {
    let response = HTTPResponse(
      status: 200,
      headers: ["Content-Type": "application/json", "Set-Cookie": "session=secret", "Authorization": "Bearer secret", "fitbit-rate-limit-remaining": "149", "X-Token": "secret"],
      body: [])
    let kept = RawResponse(place: RawResponse.Place(), url: "u", response, fetchedAt: RawBench.fetched)
    #expect(Set(kept.headers.map(\.name)) == ["Content-Type", "Fitbit-Rate-Limit-Remaining"])
    #expect(!kept.headers.contains { $0.value.contains("secret") })
  }

  @Test("The last line of a whole answer has the FlowFile's attributes, and no other has", arguments: [true, false])
  func attributes(isComplete: Bool) throws {
    let answer = RawBench.answer("P0001", ["1", "2", "3"], isComplete: isComplete)
    let lines = try Self.lines(answer).map(\.line)
    #expect(lines.map(\.attributes) == [nil, nil, isComplete ? answer.attributes : nil])
    #expect(lines.map(\.page) == [0, 1, 2])
  }

  @Test("Part, span and page come back", arguments: [(nil, nil, nil), ("steps", nil, nil), ("a\"b", 2, nil), (nil, nil, 7), ("é", 0, 0)] as [(String?, Int?, Int?)])
  func places(part: String?, span: Int?, page: Int?) throws {
    var answer = RawBench.answer()
    answer.responses[0].place = RawResponse.Place(part: part, span: span, page: page)
    let line = try #require(try Self.lines(answer).first?.line)
    #expect(line.part == part && line.span == span && line.page == page)
  }

  @Test("A body that is not the one that was received is found by its hash")
  func damagedBody() throws {
    var line = try Self.line(Array(#"{"value":61}"#.utf8)).line
    line.body = #"{"value":62}"#
    #expect(throws: RawDamage.self) { try line.checkedBody() }
    line.body = nil
    #expect(throws: RawDamage.self) { try line.checkedBody() }
    line.bodyBase64 = "no base64"
    #expect(throws: RawDamage.self) { try line.checkedBody() }
  }

  @Test(
    "A text that is no line says what is wrong with it",
    arguments: [
      ("", "not whole JSON"), ("{", "not whole JSON"), ("[]", "of another kind"), ("{}", "it has no member 'participant'"), (#"{"participant":1}"#, "its member 'participant' is of another kind"),
    ])
  func damagedLine(text: String, words: String) {
    let damage = #expect(throws: RawDamage.self) { try RawLine(parsing: Array(text.utf8)) }
    #expect(damage?.description.contains(words) == true, "\(damage?.description ?? "")")
  }
}
