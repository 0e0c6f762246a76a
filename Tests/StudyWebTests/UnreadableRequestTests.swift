import FlowCore
import Testing

@testable import StudyWeb

@Suite("What the parser refuses is answered as everything else is")
struct UnreadableRequestTests {
  private static func request(_ fields: String, address: String = "/healthz") -> String { "GET \(address) HTTP/1.1\r\nHost: localhost\r\n\(fields)\r\n" }
  private static func long(_ count: Int) -> String { String(repeating: "a", count: count) }

  static let refused: [(what: String, text: String, status: Int, says: String)] = [
    ("a field of 20 KB", request("X-Long: \(long(20_000))\r\n"), 431, "16384 bytes"),
    ("a field of 200 KB", request("X-Long: \(long(200_000))\r\n"), 431, "16384 bytes"),
    ("500 fields", request((0..<500).map { "X-\($0): a\r\n" }.joined()), 431, "100 fields"),
    ("fields of 20 KB together", request((0..<20).map { "X-\($0): \(long(1000))\r\n" }.joined()), 431, "16384 bytes"),
    ("an address of 20 KB", request("", address: "/" + long(20_000)), 414, "8192 bytes"),
    ("an address of 70 KB", request("", address: "/" + long(70_000)), 414, "8192 bytes"),
    ("an unknown method", "FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501, "no method 'FOO'"),
    ("a method in small letters", "get / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501, "no method 'get'"),
    ("an unknown method behind empty lines", "\r\n\r\nFOO / HTTP/1.1\r\n\r\n", 501, "no method 'FOO'"),
    ("a word", "GARBAGE\r\n\r\n", 400, "cannot be read"),
    ("words", "some garbage here\r\n\r\n", 400, "cannot be read"),
    ("the beginning of TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1} \u{0} HTTP/\r\n\r\n", 400, "cannot be read"),
    ("a version of its own", "GET / HTTP/9.9\r\n\r\n", 400, "HTTP/1.1"),
    ("a length below zero", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400, "cannot be read"),
    ("a field with a space in its name", request("Bad Name: x\r\n"), 400, "cannot be read"),
  ]

  @Test("with its status, a problem and the security headers; then the connection ends", arguments: refused)
  func refusal(what: String, text: String, status: Int, says: String) async throws {
    try await ServerUnderTest.run { server async throws in
      let answer = try await server.exchange(text)
      #expect(answer.status == status && answer.detail.contains(says), "\(what): \(answer.status) \(answer.text)")
      #expect(answer.headers["content-type"] == "application/problem+json" && answer.headers["connection"] == "close")
      #expect(answer.headers["content-length"] == "\(answer.body.count)")
      #expect(Set(answer.object.keys) == ["type", "title", "status", "detail"] && answer.object["status"] as? Int == status)
      let ordinary = try await server.ask("/api/v1/nothing").headers
      for name in [
        "content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options", "cross-origin-opener-policy", "cross-origin-resource-policy",
        "cache-control",
      ] { #expect(answer.headers[name] == ordinary[name] && ordinary[name] != nil, "\(what): \(name)") }
      #expect(try await server.ask("/metrics").text.contains("flowrun_http_answers_total{status=\"\(status)\"} 1\n"))
    }
  }

  @Test("behind an answered request on the same connection, too, whether they come together or not", arguments: [true, false])
  func second(together: Bool) async throws {
    try await ServerUnderTest.run { server async throws in
      let client = try RawClient(port: server.port), good = Self.request(""), bad = "FOO / HTTP/1.1\r\nHost: localhost\r\n\r\n"
      var raw: [UInt8] = []
      if together {
        try await client.send(good + bad)
      } else {
        try await client.send(good)
        raw = try await client.receive { $0.hasSuffix("ok\n") }
        try await client.send(bad)
      }
      raw += try await client.receiveAll()
      let statuses = String(decoding: raw, as: UTF8.self).matches(of: #/HTTP/1\.1 (\d+)/#).map { String($0.1) }
      #expect(statuses == ["200", "501"], "\(String(decoding: raw, as: UTF8.self))")
    }
  }

  @Test("a body that turns out to be broken has one answer")
  func brokenBody() async throws {
    try await ServerUnderTest.run { server async throws in
      let client = try RawClient(port: server.port)
      try await client.send("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
      let raw = try await client.receiveAll(), answer = try #require(TestAnswer(raw))
      #expect(answer.status == 400 && answer.headers["x-content-type-options"] == "nosniff")
      #expect(String(decoding: raw, as: UTF8.self).matches(of: #/HTTP/1\.1 \d+/#).count == 1)
    }
  }

  @Test("a first line says the same in one piece and byte by byte", arguments: [
    ("FOO / HTTP/1.1\r\n", "FOO"), ("FOO / HTTP/1.1\r\nX: y\r\n", "FOO"), ("FOO /\(long(500)) HTTP/1.1\r\n", "FOO"), ("FOO / FOO\r\n", nil), ("FOO\r\n", nil),
    ("F(O / HTTP/1.1\r\n", nil), (" / HTTP/1.1\r\n", nil), ("", nil),
  ] as [(String, String?)])
  func pieces(text: String, method: String?) {
    var whole = RequestLine(), pieces = RequestLine()
    whole.take(Array(text.utf8))
    for byte in text.utf8 { pieces.take([byte]) }
    #expect(whole.method == method && pieces.method == method)
  }
}
