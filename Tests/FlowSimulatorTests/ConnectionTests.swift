import FlowBase
import FlowTesting
import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import FlowSimulator

@Suite("A connection to the simulator, byte by byte", .timeLimit(.minutes(5)))
struct ConnectionTests {
  private static let clock = "GET /simulator/clock HTTP/1.1\r\nHost: localhost\r\n"

  @Test("it serves several requests, sent one after the other or at once, and closes where the client asks for it")
  func severalRequests() async throws {
    try await withServer { base in
      let text = try await exchange(base, Self.clock + "\r\n" + Self.clock + "\r\n" + Self.clock + "Connection: close\r\n\r\n")
      let answers = text.components(separatedBy: "HTTP/1.1 200 OK\r\n").dropFirst()
      #expect(answers.count == 3)
      #expect(answers.map { $0.contains("Connection: close") } == [false, false, true])
      #expect(answers.allSatisfy { $0.hasSuffix(#""advanced_seconds":0}"#) })
    }
  }

  @Test("responses are dated with the simulated time")
  func dates() async throws {
    let simulator = try simulator()
    try simulator.advance(by: .seconds(86_400))
    try await withServer(simulator) { base in
      let text = try await exchange(base, Self.clock + "Connection: close\r\n\r\n")
      #expect(text.contains("\r\nDate: \(Instant(seconds: Int64(simulator.now)).httpDateText)\r\n"))
      #expect(text.contains(#""advanced_seconds":86400}"#))
    }
  }

  @Test("what is not HTTP is answered with 400; a body of more than 1 MiB closes the connection")
  func refused() async throws {
    try await withServer { base in
      let refusal = try await exchange(base, "what?\r\n\r\n")
      #expect(refusal.hasPrefix("HTTP/1.1 400 "))
      let body = String(repeating: "x", count: 1 << 20 + 1)
      let nothing = try await exchange(base, "POST /simulator/clock HTTP/1.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      #expect(nothing == "")
    }
  }

  @Test("stopping closes idle connections and those whose answer is delayed, without an answer")
  func stops() async throws {
    let simulator = try simulator { $0.faults = [Fault(.slow(milliseconds: 3_600_000), share: 1)] }
    let base = try await simulator.start()
    let idle = try await connect(base, "GET /")
    let delayed = try await connect(base, "GET /1/user/-/profile.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
    try await waitUntil { simulator.statistics.totalRequests > 0 }
    await simulator.stop()
    #expect(try await idle.get() == "")
    #expect(try await delayed.get() == "")
  }

  private func withServer(_ given: Simulator? = nil, _ body: (String) async throws -> Void) async throws {
    let server = try given ?? simulator()
    let base = try await server.start()
    do {
      try await body(base)
    } catch {
      Issue.record(error)
    }
    await server.stop()
  }

  /// Sends a text and returns everything that the server sends until it closes the connection.
  private func exchange(_ base: String, _ text: String) async throws -> String { try await connect(base, text).get() }

  private func connect(_ base: String, _ text: String) async throws -> EventLoopFuture<String> {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let received = loop.makePromise(of: String.self)
    let channel = try await ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Received(received)) }
      }
      .connect(host: "127.0.0.1", port: try #require(URL(string: base)?.port)).get()
    // The server may close before it has read everything.
    channel.writeAndFlush(ByteBuffer(string: text), promise: nil)
    return received.futureResult
  }
}

private final class Received: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let whole: EventLoopPromise<String>
  private var bytes = ByteBuffer()

  init(_ whole: EventLoopPromise<String>) { self.whole = whole }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var part = unwrapInboundIn(data)
    bytes.writeBuffer(&part)
  }
  func channelInactive(context: ChannelHandlerContext) { whole.succeed(String(buffer: bytes)) }
  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
