import FlowCore
import FlowCrypto
import FlowFileSystem
import FlowHTTP
import FlowTesting
import Testing

@testable import FlowObjects

/// Servers on real sockets that do what S3 does not.
@Suite("A server that is not what it says", .timeLimit(.minutes(5)))
struct HostileServerTests {
  private static func storage(_ server: LoopbackServer, _ time: EagerTime = EagerTime()) throws -> S3Storage {
    let variables = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "the-secret-key", "AWS_ENDPOINT_URL": server.url]
    return S3Storage(
      try S3Configuration("s3://study-raw/p") { variables[$0] }, transport: CurlTransport(.init(version: "test")), time: time,
      random: SeededRandomSource(seed: 1), fileSystem: POSIXFileSystem(), lane: DispatchLane(label: "test"))
  }

  private static func head(_ status: String, _ fields: [String] = []) -> [UInt8] {
    Array((["HTTP/1.1 \(status)"] + fields).joined(separator: "\r\n").utf8) + Array("\r\n\r\n".utf8)
  }

  @Test("a list without an end in one body is cut off at the limit")
  func endlessBody() async throws {
    let entry = Array("<Contents><Key>p/a</Key><Size>1</Size></Contents>".utf8)
    let server = try LoopbackServer { _ in
      [.send(Self.head("200 OK", ["Connection: close"]) + Array("<ListBucketResult>".utf8)), .sendEndlessly(Array(repeatElement(entry, count: 1000).joined()))]
    }
    let error = await failure { _ = try await Self.storage(server).list("") }
    #expect(error?.kind == .invalid && error?.message.contains("larger than the limit") == true, "\(String(describing: error))")
  }

  @Test("an error without an end in one body is cut off at the limit, and shows none of it")
  func endlessError() async throws {
    let server = try LoopbackServer { request in
      request.method == "HEAD" ? [.send(LoopbackServer.response(status: "404 Not Found"))]
        : [.send(Self.head("403 Forbidden", ["Connection: close"])), .sendEndlessly([UInt8](repeating: 0x41, count: 100_000))]
    }
    let bench = try ObjectBench(), error = await failure { try await bench.put("text", "a", to: Self.storage(server)) }
    #expect(error?.kind == .invalid && error?.message.contains("AAAA") == false, "\(String(describing: error))")
  }

  @Test("a copy that is cut off again and again is not kept", arguments: [[LoopbackServer.Step.close], [.reset]])
  func cutOff(_ end: [LoopbackServer.Step]) async throws {
    let server = try LoopbackServer { _ in [.send(Self.head("200 OK", ["Content-Length: 1000", "ETag: \"1\""]) + [1, 2, 3])] + end }
    let bench = try ObjectBench(), time = EagerTime(), storage = try Self.storage(server, time)
    let error = await failure { _ = try await storage.fetch("a", scratch: bench.scratch) }
    #expect(error?.kind == .away && time.waits.count == S3Attempts.limit - 1, "\(String(describing: error))")
    #expect(try POSIXFileSystem().names(in: bench.scratch) == [])
  }

  @Test("an answer before the body has been sent counts, whether the connection ends or not", arguments: [true, false])
  func earlyAnswer(_ closes: Bool) async throws {
    let server = try LoopbackServer { request in
      if request.method == "HEAD" { return [.send(LoopbackServer.response(status: "404 Not Found"))] }
      let body = Array("<Error><Code>AccessDenied</Code></Error>".utf8)
      return [.send(LoopbackServer.response(status: "403 Forbidden", fields: closes ? ["Connection: close"] : [], body: body))] + (closes ? [.close] : [])
    }
    let bench = try ObjectBench(), file = try bench.file([UInt8](repeating: 1, count: 20 << 20)), storage = try Self.storage(server)
    let error = await failure { try await storage.put("a", from: file.path, sha256: file.sha256) }
    #expect(error?.kind == .denied, "\(String(describing: error))")
  }

  @Test("an object in the wrong length, or compressed on the way, is not taken for the right one")
  func otherLength() async throws {
    let text = Array("text".utf8)
    let server = try LoopbackServer { request in
      switch request.method {
      case "HEAD": [.send(Self.head("200 OK", ["Content-Length: 4", "ETag: \"1\""]))]
      default: [.send(LoopbackServer.response(status: "206 Partial Content", fields: ["ETag: \"1\""], body: text + text))]
      }
    }
    let bench = try ObjectBench(), error = await failure { try await bench.put("text", "a", to: Self.storage(server)) }
    #expect(error?.kind == .invalid, "\(String(describing: error))")
  }

  @Test("nobody listens: it is said so after some attempts, and no secret is in the message")
  func nobody() async throws {
    let port = try LoopbackServer.closedPort(), time = EagerTime()
    let variables = ["AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "the-secret-key", "AWS_SESSION_TOKEN": "the-token", "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)"]
    let storage = S3Storage(
      try S3Configuration("s3://study-raw") { variables[$0] }, transport: CurlTransport(.init(version: "test")), time: time,
      random: SeededRandomSource(seed: 1), fileSystem: POSIXFileSystem(), lane: DispatchLane(label: "test"))
    let bench = try ObjectBench(), error = await failure { try await bench.put("text", "a", to: storage) }
    #expect(error?.kind == .away && error?.message.contains("127.0.0.1:\(port)") == true && error?.message.contains("the-") == false, "\(String(describing: error))")
    #expect(time.waits.count == S3Attempts.limit - 1)
  }

  @Test("a transfer that is cancelled ends at once, and leaves no copy")
  func cancelled() async throws {
    let server = try LoopbackServer { _ in [.send(Self.head("200 OK", ["Content-Length: 1000", "ETag: \"1\""]) + [1, 2, 3]), .hold] }
    let bench = try ObjectBench(), storage = try Self.storage(server)
    let fetch = Task { await failure { _ = try await storage.fetch("a", scratch: bench.scratch) } }
    try await waitUntil { try !POSIXFileSystem().names(in: bench.scratch).isEmpty }
    fetch.cancel()
    #expect(await fetch.value?.kind == .away)
    #expect(try POSIXFileSystem().names(in: bench.scratch) == [])
  }
}
