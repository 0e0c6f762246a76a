import FlowCore
import FlowTesting
import Foundation
import StudyWeb
import Testing

@Suite("What a client may cost")
struct LimitTests {
  @Test("a hundred connections that say nothing do not keep others from being answered")
  func idle() async throws {
    try await ServerUnderTest.run { server async throws in
      let idle = try (0..<100).map { _ in try RawClient(port: server.port) }
      for client in idle.prefix(50) { try await client.send("GET / HT") }
      #expect(try await server.ask("/healthz").status == 200)
      withExtendedLifetime(idle) {}
    }
  }

  @Test("a connection whose header does not arrive is closed", arguments: ["", "GET /healthz HTTP/1.1\r\nHost: loc", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"])
  func slowHeader(sent: String) async throws {
    try await ServerUnderTest.run(idleTime: .milliseconds(50)) { server async throws in
      let client = try RawClient(port: server.port)
      try await client.send(sent)
      #expect(try await client.receiveAll() == [])
    }
  }

  @Test("a body that does not arrive in time closes its connection")
  func slowBody() async throws {
    let time = ManualTime()
    try await ServerUnderTest.run(time: time) { server async throws in
      let client = try RawClient(port: server.port)
      try await client.send("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
      try await waitUntil { time.timerCount > 0 }
      time.advance(by: .seconds(20))
      #expect(try await client.receiveAll() == [])
    }
  }

  @Test("the time for a request holds for one that is refused before its body, too", .timeLimit(.minutes(5)))
  func slowRefused() async throws {
    let time = ManualTime()
    try await ServerUnderTest.run(time: time) { server async throws in
      let client = try RawClient(port: server.port)
      try await client.send("POST /sign-in?next=/\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nabc")
      try await waitUntil { time.timerCount > 0 }
      time.advance(by: .seconds(20))
      let raw = try await client.receiveAll()
      #expect(TestAnswer(raw).map { $0.status == 414 } ?? raw.isEmpty, "\(String(decoding: raw, as: UTF8.self))")
      #expect(try await server.ask("/healthz").status == 200)
    }
  }

  @Test("what is too long is refused, however it is sent")
  func long() async throws {
    try await ServerUnderTest.run { server async throws in
      let said = try await server.exchange("POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\nabc")
      #expect(said.status == 413)
      let chunk = String(repeating: "a", count: 1 << 16)
      let chunked = try await server.exchange(
        "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
          + String(repeating: "10000\r\n\(chunk)\r\n", count: 5) + "0\r\n\r\n")
      #expect(chunked.status == 413)
      let address = try await server.ask("/sign-in?next=/\(String(repeating: "a", count: 9000))")
      #expect(address.status == 414)
    }
  }

  @Test("what is no HTTP is refused, and the server goes on", arguments: [
    "GARBAGE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET /\u{0} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n", "GET /healthz HTTP/1.1\r\nHost: local\nhost\r\n\r\n",
  ])
  func malformed(text: String) async throws {
    try await ServerUnderTest.run(idleTime: .milliseconds(200)) { server async throws in
      let client = try RawClient(port: server.port)
      try await client.send(text)
      let raw = try await client.receiveAll()
      #expect(TestAnswer(raw).map { (400..<500).contains($0.status) } ?? true, "\(String(decoding: raw, as: UTF8.self))")
      #expect(try await server.ask("/healthz").status == 200)
    }
  }

  @Test("text that is not encoded as a form is refused", arguments: ["a=%", "a=%zz", "a=%ff%fe", "a=%00"])
  func encoding(query: String) async throws {
    try await ServerUnderTest.run { server async throws in
      #expect(try await server.ask("/api/v1/participants?\(query)").status == 400)
      #expect(try await server.ask("/sign-in", method: "POST", body: query, json: false).status == 400)
    }
  }

  @Test("a client may watch twenty streams at once")
  func streams() async throws {
    try await ServerUnderTest.run { server async throws in
      server.desk.show("endless", [.example(run: "endless")])
      var clients: [RawClient] = []
      for _ in 0..<20 {
        let client = try RawClient(port: server.port)
        try await client.send("GET /api/v1/runs/endless/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        // The first event shows that the stream has begun.
        _ = try await client.receive { $0.contains("data:") }
        clients.append(client)
      }
      let answer = try await server.ask("/api/v1/runs/endless/events")
      #expect(answer.status == 429 && answer.headers["retry-after"] == "5")
      #expect(try await server.ask("/healthz").status == 200)
      withExtendedLifetime(clients) {}
    }
  }
}
