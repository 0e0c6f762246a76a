import FlowCore
import FlowTesting
import Foundation
import Hummingbird
import NIOCore
import StudyWeb
import Testing

@Suite("Large answers", .timeLimit(.minutes(5)))
struct LargeAnswerTests {
  /// A page of many lines, all different, and an endless answer that says how much of it was taken.
  private struct LargePart: SitePart {
    static let page = (0..<300_000).map { "line \($0)\n" }.joined()
    let taken: AsyncStream<Int>.Continuation

    func addRoutes(to router: Router<WebContext>) {
      router.get("/large") { _, _ in Response.page(Self.page) }
      router.get("/endless") { [taken] _, _ in
        Response(
          status: .ok,
          body: ResponseBody { writer in
            let piece = ByteBuffer(repeating: UInt8(ascii: "a"), count: 32 << 10)
            var count = 0
            do {
              while true {
                try await writer.write(piece)
                count += piece.readableBytes
              }
            } catch {
              taken.yield(count)
              throw error
            }
          })
      }
    }
  }

  @Test("arrive whole and unaltered, for HEAD with their length alone")
  func whole() async throws {
    let (_, taken) = AsyncStream.makeStream(of: Int.self)
    try await ServerUnderTest.run(parts: [LargePart(taken: taken)]) { server async throws in
      let answer = try await server.ask("/large")
      let length = LargePart.page.utf8.count
      #expect(answer.status == 200 && answer.body.count == length && answer.headers["content-length"] == "\(length)")
      let isUnaltered = answer.body == Array(LargePart.page.utf8)
      #expect(isUnaltered)
      let head = try await server.ask("/large", method: "HEAD")
      #expect(head.status == 200 && head.body.isEmpty && head.headers["content-length"] == "\(length)")
    }
  }

  @Test("a client that reads slowly gets all of it, though that takes longer than an idle connection or one that reads nothing may last")
  func slow() async throws {
    let (_, taken) = AsyncStream.makeStream(of: Int.self)
    try await ServerUnderTest.run(parts: [LargePart(taken: taken)], idleTime: .seconds(5), readerTime: .seconds(5)) { server async throws in
      let client = try RawClient(port: server.port, receiveBufferBytes: 256 << 10), time = DispatchTimeSource()
      try await client.send("GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
      var raw: [UInt8] = [], pausedAt = 0
      // 2.4 MB in 28 steps of 200 ms, longer together than either limit; the rest at once. A busy machine makes a step longer, but not as long as a limit.
      while true {
        let more = try await client.receive()
        if more.isEmpty { break }
        raw += more
        if raw.count - pausedAt > 84 << 10, raw.count < 2_400 << 10 {
          pausedAt = raw.count
          await time.sleep(for: .milliseconds(200))
        }
      }
      let body = TestAnswer(raw)?.body
      #expect(body?.count == LargePart.page.utf8.count)
      #expect(body.map { $0 == Array(LargePart.page.utf8) } == true)
    }
  }

  @Test("a client that reads nothing is cut off, and little is kept for it")
  func unread() async throws {
    let (counts, taken) = AsyncStream.makeStream(of: Int.self)
    try await ServerUnderTest.run(parts: [LargePart(taken: taken)], readerTime: .milliseconds(200)) { server async throws in
      let client = try RawClient(port: server.port, receiveBufferBytes: 32 << 10)
      try await client.send("GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
      var ends = counts.makeAsyncIterator()
      let count = try #require(await ends.next())
      #expect(count < 2 << 20, "\(count) bytes")
      #expect(try await server.ask("/healthz").status == 200)
      withExtendedLifetime(client) {}
    }
  }
}
