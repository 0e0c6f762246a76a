import FlowCore
import FlowHTTP
import FlowTesting
import Testing

@Suite("Many transfers at once", .timeLimit(.minutes(5)))
struct CurlTransportConcurrencyTests {
  @Test("200 are in flight together without blocking a thread")
  func manyInFlight() async throws {
    // The server responds only when all 200 requests have arrived.
    let server = try LoopbackServer { request in
      [.waitForOthers(count: 200), .send(LoopbackServer.response(body: Array(request.target.utf8)))]
    }
    let transport = CurlTransport(.init(version: "1", maximumConnections: 256))
    let bodies = try await withThrowingTaskGroup(of: String.self) { group in
      for number in 0..<200 {
        group.addTask { String(decoding: try await transport.send(HTTPRequest(url: server.url + "\(number)")).body, as: UTF8.self) }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(bodies == Set((0..<200).map { "/\($0)" }))
    #expect(try await server.connectionCount() == 200)
    try await transport.close()
  }

  @Test("connections are limited; other transfers wait")
  func staysBelowMaximum() async throws {
    let server = try LoopbackServer(text: "turn")
    let transport = CurlTransport(.init(version: "1", maximumConnections: 3))
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<300 { group.addTask { try await transport.send(HTTPRequest(url: server.url)).status } }
      return try await group.reduce(0) { $0 + ($1 == 200 ? 1 : 0) }
    }
    #expect(count == 300)
    #expect(try await server.connectionCount() <= 3)
  }

  @Test("a transfer's timeout starts when it is sent")
  func timeoutBeginsWithTurn() async throws {
    let server = try LoopbackServer { _ in [.hold] }
    let transport = CurlTransport(.init(version: "1", maximumConnections: 1))
    let request = HTTPRequest(url: server.url + "slow", timeout: .milliseconds(1500))
    let tasks = [Task { try await transport.send(request) }, Task { try await transport.send(request) }]
    // The second waits 1.5 s for a connection and then has its own timeout; its error shows that it was sent.
    for task in tasks {
      let error = await #expect(throws: TransportError.self) { _ = try await task.value }
      #expect(error?.message.hasPrefix("no response from ") == true)
    }
  }

  @Test("cancelling the task ends a running or waiting transfer at once")
  func cancellation() async throws {
    let arrived = AsyncStream<Void>.makeStream()
    let server = try LoopbackServer { _ in
      arrived.continuation.yield()
      return [.hold]
    }
    let transport = CurlTransport(.init(version: "1", maximumConnections: 1))
    let running = Task { try await transport.send(HTTPRequest(url: server.url, timeout: .seconds(3600))) }
    for await _ in arrived.stream.prefix(1) {}
    let waiting = Task { try await transport.send(HTTPRequest(url: server.url, timeout: .seconds(3600))) }
    waiting.cancel()
    let waited = await #expect(throws: TransportError.self) { _ = try await waiting.value }
    #expect(waited?.kind == .cancelled)
    running.cancel()
    let ran = await #expect(throws: TransportError.self) { _ = try await running.value }
    #expect(ran == TransportError(.cancelled, "the request to 127.0.0.1:\(server.port) was cancelled"))
    // Its connection was closed, so the next transfer can start.
    let next = try LoopbackServer(text: "next")
    #expect(try await transport.send(HTTPRequest(url: next.url)).status == 200)
  }

  @Test("a task cancelled before its request sends nothing")
  func cancelledBefore() async throws {
    let server = try LoopbackServer(text: "never")
    let transport = CurlTransport(.init(version: "1"))
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await transport.send(HTTPRequest(url: server.url))
    }
    let error = await #expect(throws: TransportError.self) { _ = try await task.value }
    #expect(error?.kind == .cancelled)
    #expect(try await server.connectionCount() == 0)
  }

  @Test("closing ends running transfers and rejects later ones")
  func closing() async throws {
    let arrived = AsyncStream<Void>.makeStream()
    let server = try LoopbackServer { _ in
      arrived.continuation.yield()
      return [.hold]
    }
    let transport = CurlTransport(.init(version: "1", maximumConnections: 4))
    let tasks = (0..<10).map { _ in Task { try await transport.send(HTTPRequest(url: server.url)) } }
    for await _ in arrived.stream.prefix(4) {}
    try await transport.close()
    for task in tasks {
      let error = await #expect(throws: TransportError.self) { _ = try await task.value }
      #expect(error?.kind == .cancelled)
    }
    await #expect(throws: TransportError.self) { try await transport.send(HTTPRequest(url: server.url)) }
    try await transport.close()
  }

  @Test("good and bad responses are each matched to their request")
  func mix() async throws {
    let server = try LoopbackServer { request in
      switch request.target.utf8.last.map({ Int($0) % 5 }) {
      case 0: [.reset]
      case 1: [.send(Array("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc".utf8)), .close]
      case 2: [.send(LoopbackServer.response(status: "500 Oh", body: Array(request.target.utf8)))]
      default: [.send(LoopbackServer.response(body: Array(request.target.utf8)))]
      }
    }
    let transport = CurlTransport(.init(version: "1", maximumConnections: 16))
    await withTaskGroup(of: Void.self) { group in
      for number in 0..<400 {
        group.addTask {
          let isGood = (Int(UInt8(ascii: "0")) + number % 10) % 5 > 1
          do {
            let body = try await transport.send(HTTPRequest(url: server.url + "\(number)")).body
            #expect(isGood && body == Array("/\(number)".utf8))
          } catch {
            #expect(!isGood && error is TransportError)
          }
        }
      }
    }
  }
}
