import FlowCore
import FlowHTTP
import FlowTesting
import Foundation
import Testing

@Suite("Causes of an incomplete response", .timeLimit(.minutes(5)))
struct CurlTransportFailureTests {
  let transport = CurlTransport(.init(version: "1"))

  private func failure(
    _ steps: [LoopbackServer.Step], timeout: Duration = .seconds(30), limit: Int = 64 << 20, secret: String = "tok-7"
  ) async throws -> (error: TransportError, place: String) {
    let server = try LoopbackServer { _ in steps }
    let request = HTTPRequest(
      url: server.url + "path?key=\(secret)", headers: ["Authorization": "Bearer \(secret)"], timeout: timeout, bodyLimitBytes: limit)
    let error = try await #require(throws: TransportError.self) { try await transport.send(request) }
    #expect(!error.message.contains(secret))
    #expect(!error.message.contains("path"))
    try await server.stop()
    return (error, "127.0.0.1:\(server.port)")
  }

  private func bytes(_ text: String) -> LoopbackServer.Step { .send(Array(text.utf8)) }

  @Test("shorter than announced: truncated", arguments: [LoopbackServer.Step.close, .reset])
  func shorterThanAnnounced(ending: LoopbackServer.Step) async throws {
    let (error, place) = try await failure([bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd"), ending])
    #expect(error.kind == .truncated)
    #expect(error.cause == .truncated)
    // After a reset the system may discard unread bytes.
    #expect(error.message.hasPrefix("the response from \(place) was cut off after "))
  }

  @Test("a missing last chunk: truncated")
  func unendedChunks() async throws {
    let (error, _) = try await failure([bytes("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"), .close])
    #expect(error.kind == .truncated)
    #expect(error.message.contains("cut off after 3 bytes"))
  }

  @Test("the bytes received before a truncation or timeout are reported")
  func received() async throws {
    let json = #"{"access_token":"A"}"#
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n\(json)\r\n"
    let announced = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n\(json)"
    for (text, ending) in [(chunked, LoopbackServer.Step.close), (announced, .close), (announced, .hold)] {
      let (error, _) = try await failure([bytes(text), ending], timeout: .seconds(1))
      #expect(error.received == TransportError.Received(status: 200, body: Array(json.utf8)))
    }
    let (headless, _) = try await failure([bytes("HTTP/1.1 200 OK\r\nContent-Le"), .close])
    #expect(headless.received == nil)
  }

  @Test("every truncated response is a failure")
  func everyPrefix() async throws {
    let whole = LoopbackServer.response(fields: ["Content-Type: application/json", "X: y"], body: Array("{\"a\":1}".utf8))
    let server = try LoopbackServer { request in
      let length = Int(request.target.dropFirst()) ?? 0
      return [.send(Array(whole[..<length])), .close]
    }
    for length in 0..<whole.count {
      let error = try await #require(throws: TransportError.self) {
        try await transport.send(HTTPRequest(url: server.url + "\(length)"))
      }
      #expect(error.kind == .truncated || (length < 17 && error.kind == .connection), "\(length): \(error)")
    }
  }

  @Test("a damaged compressed body: truncated")
  func damagedGzip() async throws {
    let head = Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n".utf8)
    let (error, _) = try await failure([.send(head + [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] + Array(repeating: 0xFF, count: 10))])
    #expect(error.kind == .truncated)
    #expect(error.message.contains("cannot be decompressed"))
  }

  @Test("no byte of a response: the connection was lost", arguments: [LoopbackServer.Step.close, .reset])
  func lostBeforeAnswer(ending: LoopbackServer.Step) async throws {
    let (error, place) = try await failure([ending])
    #expect(error.kind == .connection)
    #expect(error.message.hasPrefix("the connection to \(place) was lost before a response"))
  }

  @Test("not HTTP at all: connection")
  func notHTTP() async throws {
    let (error, place) = try await failure([bytes("220 mail.example ESMTP\r\n"), .close])
    #expect(error.kind == .connection)
    #expect(error.message == "\(place) did not send an HTTP response")
  }

  @Test("no listener: cannot connect, with the system's reason")
  func refused() async throws {
    let port = try LoopbackServer.closedPort()
    let error = try await #require(throws: TransportError.self) {
      try await transport.send(HTTPRequest(url: "http://127.0.0.1:\(port)/"))
    }
    #expect(error == TransportError(.unreachable, "cannot connect to 127.0.0.1:\(port): Connection refused"))
  }

  @Test("an unknown host name: cannot find the host")
  func unknownHost() async throws {
    let error = try await #require(throws: TransportError.self) {
      try await transport.send(HTTPRequest(url: "http://nobody.invalid/"))
    }
    #expect(error.kind == .unreachable)
    #expect(error.message.hasPrefix("cannot find the host 'nobody.invalid'"))
  }

  @Test("no response in time: timeout")
  func noAnswerInTime() async throws {
    let (error, place) = try await failure([.hold], timeout: .milliseconds(1500))
    #expect(error == TransportError(.timeout, "no response from \(place) within 1.5 s"))
  }

  @Test("an incomplete response: timeout, with the number of bytes received")
  func unendedInTime() async throws {
    let (error, place) = try await failure(
      [bytes("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabcd"), .hold], timeout: .milliseconds(1500))
    let received = TransportError.Received(status: 200, body: Array("abcd".utf8))
    #expect(error == TransportError(.timeout, "the response from \(place) was not complete within 1.5 s; 4 bytes had arrived", received: received))
  }

  @Test("a body above the limit is cut off: announced, endless, or only after decompression")
  func beyondLimit() async throws {
    let packed = try #require(Data(base64Encoded: Self.packedZeros))
    let endless: [LoopbackServer.Step] = [
      bytes("HTTP/1.1 200 OK\r\n\r\n"), .sendEndlessly([UInt8](repeating: 65, count: 50_000)),
    ]
    let announced: [LoopbackServer.Step] = [bytes("HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"), .hold]
    let unpacked: [LoopbackServer.Step] = [
      .send(LoopbackServer.response(fields: ["Content-Encoding: gzip"], body: Array(packed)))
    ]
    for steps in [endless, announced, unpacked] {
      let (error, place) = try await failure(steps, limit: 100_000)
      #expect(error == TransportError(.tooLarge, "the response from \(place) is larger than the limit of 100000 bytes"))
    }
  }

  @Test("a body of exactly the limit is complete")
  func exactlyLimit() async throws {
    let server = try LoopbackServer { _ in [.send(LoopbackServer.response(body: [UInt8](repeating: 65, count: 1000)))] }
    #expect(try await transport.send(HTTPRequest(url: server.url, bodyLimitBytes: 1000)).body.count == 1000)
  }

  @Test("an endless header is cut off")
  func endlessHead() async throws {
    let (error, _) = try await failure([bytes("HTTP/1.1 200 OK\r\n"), .sendEndlessly(Array("X-Y: \(String(repeating: "z", count: 9000))\r\n".utf8))])
    #expect(error.kind == .tooLarge || error.kind == .truncated)
  }

  @Test(
    "a URL that is not http or https is rejected before anything is sent",
    arguments: [
      ("ftp://example.org/x", "cannot request 'ftp://example.org/x': neither http nor https"),
      ("file:///etc/passwd", "cannot request 'file:///etc/passwd': neither http nor https"),
      ("gopher://x/", "cannot request 'gopher://x/': neither http nor https"),
      ("/relative/path", "cannot request '/relative/path': not an absolute URL"),
      ("", "cannot request '': not an absolute URL"),
      ("http://", "cannot request 'http://': it has no host"),
      ("http://a b/?secret=1", "cannot request 'http://a b/': not an absolute URL"),
      ("http://host:99999/", "cannot request 'http://host:99999/': its port is not a number from 0 to 65535"),
      ("http://host/\0/x", "cannot request 'http://host/\0/x': not a URL"),
    ])
  func badURL(url: String, message: String) async throws {
    let error = try await #require(throws: TransportError.self) { try await transport.send(HTTPRequest(url: url)) }
    #expect(error == TransportError(.badURL, message))
  }

  @Test("a header field cannot inject another", arguments: ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
  func refusesLineBreaks(value: String) async throws {
    let server = try LoopbackServer(text: "never")
    let error = try await #require(throws: TransportError.self) {
      try await transport.send(HTTPRequest(url: server.url, headers: ["X-Good": value]))
    }
    #expect(error == TransportError(.badURL, "header field 'X-Good' holds a line break or control character"))
    #expect(try await server.connectionCount() == 0)
  }

  /// 300,000 times the digit 0, compressed.
  private static let packedZeros = """
    H4sIAAAAAAACA+3BAQ0AAADCoErvn84eDigAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
    AAAAAAAAAAAAAAAAAAAAAPgxzc5JBeCTBAA=
    """
}
