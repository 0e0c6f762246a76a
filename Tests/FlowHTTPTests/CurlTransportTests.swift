import FlowCore
import FlowHTTP
import FlowTesting
import Foundation
import Testing

@Suite("A request and its response", .timeLimit(.minutes(5)))
struct CurlTransportTests {
  let transport = CurlTransport(.init(version: "1.2.3"))

  @Test("carries status, header fields and body")
  func carriesResponse() async throws {
    let body = (0..<100_000).map { UInt8(truncatingIfNeeded: $0) }
    let server = try LoopbackServer { _ in
      [.send(LoopbackServer.response(status: "201 Created", fields: ["X-One: 1", "x-empty:", "X-Space:   a b \t"], body: body))]
    }
    let response = try await transport.send(HTTPRequest(url: server.url))
    #expect(response.status == 201)
    #expect(response.body == body)
    #expect(response.headers["x-one"] == "1")
    #expect(response.headers["X-Empty"] == "")
    #expect(response.headers["X-Space"] == "a b")
    #expect(response.headers["Content-Length"] == "100000")
  }

  @Test("sends method, path with query, header fields, body and its own name")
  func sendsRequest() async throws {
    let seen = Locked<LoopbackServer.Request?>(nil)
    let server = try LoopbackServer { request in
      seen.withLock { $0 = request }
      return [.send(LoopbackServer.response())]
    }
    let body = [UInt8](repeating: 7, count: 2_000_000)
    let request = HTTPRequest(
      method: "PUT", url: server.url + "a/b?c=d&e=%20", headers: ["Authorization": "Bearer x", "X-Empty": ""], body: body)
    #expect(try await transport.send(request).status == 200)
    let received = try #require(seen.withLock { $0 })
    #expect(received.method == "PUT")
    #expect(received.target == "/a/b?c=d&e=%20")
    #expect(received.fields["authorization"] == "Bearer x")
    #expect(received.fields["x-empty"] == "")
    #expect(received.fields["user-agent"] == "flowrun/1.2.3")
    #expect(received.fields["accept-encoding"] == "gzip")
    #expect(received.fields["expect"] == nil)
    #expect(received.body == body)
  }

  @Test("sends an empty POST with its length", arguments: [nil, []] as [[UInt8]?])
  func sendsEmptyPost(body: [UInt8]?) async throws {
    let seen = Locked<LoopbackServer.Request?>(nil)
    let server = try LoopbackServer { request in
      seen.withLock { $0 = request }
      return [.send(LoopbackServer.response())]
    }
    #expect(try await transport.send(HTTPRequest(method: "POST", url: server.url, body: body)).status == 200)
    let received = try #require(seen.withLock { $0 })
    #expect(received.method == "POST")
    #expect(received.fields["content-length"] == "0")
  }

  @Test("a refusal is a response, with the header fields for the wait", arguments: ["429 Too Many Requests", "503 Busy", "401 No"])
  func refusalIsResponse(status: String) async throws {
    let server = try LoopbackServer { _ in
      [.send(LoopbackServer.response(status: status, fields: ["Retry-After: 37", "fitbit-rate-limit-reset: 1200"], body: [1]))]
    }
    let response = try await transport.send(HTTPRequest(url: server.url))
    #expect(response.status == Int(status.prefix(3)))
    #expect(response.headers["retry-after"] == "37")
    #expect(response.headers["Fitbit-Rate-Limit-Reset"] == "1200")
    #expect(response.body == [1])
  }

  @Test("the reason phrase is that of the response, if there is one", arguments: [("404 Not Found", "Not Found"), ("200 ", ""), ("200", ""), ("503  Very  busy ", "Very  busy")])
  func reason(status: String, expected: String) async throws {
    let server = try LoopbackServer { _ in
      [.send(Array("HTTP/1.1 103 Early Hints\r\n\r\n".utf8)), .send(Array("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n".utf8))]
    }
    #expect(try await transport.send(HTTPRequest(url: server.url)).reason == expected)
  }

  @Test("a HEAD has no body, however long that of a GET would be")
  func head() async throws {
    let server = try LoopbackServer { request in
      [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\nETag: \"1\"\r\n\r\n".utf8))] + (request.method == "HEAD" ? [] : [.close])
    }
    let response = try await transport.send(HTTPRequest(method: "HEAD", url: server.url, bodyLimitBytes: 1000))
    #expect(response.status == 200 && response.body == [] && response.headers["Content-Length"] == "99999999")
  }

  @Test("a redirect is a response and is not followed")
  func redirectIsNotFollowed() async throws {
    let other = try LoopbackServer(text: "stolen")
    let server = try LoopbackServer { _ in
      [.send(LoopbackServer.response(status: "302 Found", fields: ["Location: \(other.url)"]))]
    }
    let response = try await transport.send(HTTPRequest(url: server.url, headers: ["Authorization": "Bearer x"]))
    #expect(response.status == 302)
    #expect(response.headers["location"] == other.url)
    #expect(try await other.connectionCount() == 0)
  }

  @Test("a compressed body is decompressed, without the header fields of the compressed one")
  func unpacksGzip() async throws {
    let packed = try #require(Data(base64Encoded: "H4sIAAAAAAACA6tWKkvMKU1VsjIz1FEqSa0oUbJSqhgFIw4o1QIAs2jW8woCAAA="))
    let server = try LoopbackServer { _ in
      [.send(LoopbackServer.response(fields: ["Content-Encoding: gzip"], body: Array(packed)))]
    }
    let response = try await transport.send(HTTPRequest(url: server.url))
    #expect(response.body == Array(("{\"value\":61,\"text\":\"" + String(repeating: "x", count: 500) + "\"}").utf8))
    #expect(response.headers["Content-Encoding"] == nil)
    #expect(response.headers["Content-Length"] == nil)
  }

  @Test("an interim response is skipped")
  func passesOverInterim() async throws {
    let server = try LoopbackServer { _ in
      [.send(Array("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n".utf8)), .send(LoopbackServer.response(fields: ["A: b"]))]
    }
    let response = try await transport.send(HTTPRequest(url: server.url))
    #expect(response.status == 200)
    #expect(response.headers["Link"] == nil)
    #expect(response.headers["A"] == "b")
  }

  @Test("a body in chunks is joined")
  func joinsChunks() async throws {
    let server = try LoopbackServer { _ in
      [.send(Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".utf8))]
    }
    #expect(try await transport.send(HTTPRequest(url: server.url)).body == Array("abcde".utf8))
  }

  @Test("a connection is reused")
  func reusesConnection() async throws {
    let server = try LoopbackServer(text: "again")
    for _ in 0..<20 { _ = try await transport.send(HTTPRequest(url: server.url)) }
    #expect(try await server.connectionCount() == 1)
  }

  @Test("a reused connection that the server has closed does not fail a request")
  func survivesClosedKeptConnection() async throws {
    let server = try LoopbackServer { _ in [.send(LoopbackServer.response(body: [1])), .close] }
    for _ in 0..<20 { #expect(try await transport.send(HTTPRequest(url: server.url)).body == [1]) }
  }

  @Test("a host name works like its address")
  func resolvesName() async throws {
    let server = try LoopbackServer(text: "named")
    for _ in 0..<5 {
      // A new transport each time: the sockets of its resolver reuse earlier descriptor numbers.
      let transport = CurlTransport(.init(version: "1"))
      let response = try await transport.send(HTTPRequest(url: "http://localhost:\(server.port)/"))
      #expect(response.body == Array("named".utf8))
      try await transport.close()
    }
  }

  @Test("many host names at once, each with its own connection")
  func resolvesNamesTogether() async throws {
    let server = try LoopbackServer { _ in [.waitForOthers(count: 16), .send(LoopbackServer.response(body: [1]))] }
    let bodies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<16 { group.addTask { try await transport.send(HTTPRequest(url: "http://localhost:\(server.port)/")).body } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(bodies == Array(repeating: [1], count: 16))
  }

  @Test("loopback requests never use a proxy", arguments: ["127.0.0.1", "localhost", "127.1.2.3"])
  func loopbackPassesProxyBy(host: String) async throws {
    let server = try LoopbackServer(text: "straight")
    let proxy = try LoopbackServer(text: "proxied")
    let transport = CurlTransport(.init(version: "1", proxy: proxy.url))
    let request = HTTPRequest(url: "http://\(host):\(server.port)/")
    if host == "127.1.2.3" {
      // Nothing listens there; the test only checks that the proxy is not used.
      await #expect(throws: TransportError.self) { try await transport.send(request) }
    } else {
      #expect(try await transport.send(request).body == Array("straight".utf8))
    }
    #expect(try await proxy.connectionCount() == 0)
    #expect(try await transport.send(HTTPRequest(url: "http://provider.invalid/")).body == Array("proxied".utf8))
  }
}
