import FlowCore
import Foundation
import Hummingbird
import Logging
import NIOCore

/// The HTTP face: Hummingbird on 127.0.0.1, and nowhere else.
final class SimulatorServer: Sendable {
  private let task: Task<Void, any Error>
  private let connections: Connections
  private let delays: AnswerDelays
  let port: Int

  /// Listens; port 0 takes a free one.
  /// - Throws: `SimulatorError.notListening`.
  init(port: Int, responder: SimulatorResponder) async throws {
    let (ports, continuation) = AsyncThrowingStream.makeStream(of: Int.self)
    let connections = Connections()
    self.connections = connections
    delays = responder.delays
    let application = Application(
      responder: responder,
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), backlog: 1024),
      onServerRunning: { channel in
        do {
          connections.listen(on: channel)
          try await channel.pipeline.addHandler(SimulatedDates(connections: connections, now: { responder.control.world.now }), position: .first)
          continuation.yield(channel.localAddress?.port ?? port)
        } catch {
          continuation.finish(throwing: error)
        }
      },
      logger: Logger(label: "simulator") { _ in SwiftLogNoOpLogHandler() })
    let task = Task {
      do {
        try await application.run()
        continuation.finish()
      } catch {
        continuation.finish(throwing: error)
        throw error
      }
    }
    self.task = task
    do {
      var listening = ports.makeAsyncIterator()
      guard let port = try await listening.next() else { throw SimulatorError.notListening(port: port, "it stopped at once") }
      self.port = port
    } catch let error as SimulatorError {
      throw error
    } catch let error as IOError {
      throw SimulatorError.notListening(port: port, String(cString: strerror(error.errnoCode)))
    } catch {
      throw SimulatorError.notListening(port: port, "\(error)")
    }
  }

  /// Closes every connection and waits until no task is left.
  ///
  /// The server ends because its sockets have closed. To cancel it would trap in NIO (`NIOAsyncWriter` deinited without `finish`) where a
  /// connection has been accepted and its task has not begun.
  func stop() async {
    delays.end()
    await connections.close()
    _ = await task.result
  }
}

/// Answers that a fault holds back. The server's end lets them go.
final class AnswerDelays: Sendable {
  private struct State {
    var isOver = false
    var sleeps: [Int: Task<Void, any Error>] = [:]
    var count = 0
  }
  private let state = Locked(State())

  /// Throws `CancellationError` when the server ends meanwhile.
  func wait(milliseconds: Int) async throws {
    let sleep = Task { try await Task.sleep(for: .milliseconds(milliseconds)) }
    let (key, isOver) = state.withLock { state in
      state.count += 1
      state.sleeps[state.count] = sleep
      return (state.count, state.isOver)
    }
    defer { state.withLock { $0.sleeps[key] = nil } }
    if isOver { sleep.cancel() }
    try await withTaskCancellationHandler { try await sleep.value } onCancel: { sleep.cancel() }
  }

  func end() {
    let sleeps = state.withLock { state in
      state.isOver = true
      return Array(state.sleeps.values)
    }
    for sleep in sleeps { sleep.cancel() }
  }
}

/// A request's way to its connection, which some faults close.
struct SimulatorContext: InitializableFromSource {
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    channel = source.channel
  }
}

/// Hands requests to the provider's wire, or to the simulator's own few endpoints, and sends the answers as the faults will have it.
struct SimulatorResponder: HTTPResponder {
  let wire: FrontDoor
  let control: SimulatorControl
  let delays = AnswerDelays()

  func respond(to request: Request, context: SimulatorContext) async throws -> Response {
    let reply = try await reply(to: request)
    if reply.delayMilliseconds > 0 {
      try await delays.wait(milliseconds: reply.delayMilliseconds)
    }
    var headers = HTTPFields()
    headers[.contentType] = reply.contentType
    for (name, value) in reply.headers {
      if let name = HTTPFields.Element.Name(name) { headers[name] = value }
    }
    if reply.delivery == .none {
      // What is written to a closed connection fails, and with that Hummingbird is done with it.
      try await context.channel.close()
    }
    return Response(status: .init(code: reply.status), headers: headers, body: body(of: reply, context.channel))
  }

  private func reply(to request: Request) async throws -> WireReply {
    let body = try await request.body.collect(upTo: 1 << 20)
    let wireRequest = WireRequest(
      method: request.method.rawValue, target: request.head.path ?? "/", authorization: request.headers[.authorization],
      body: String(buffer: body), origin: "http://" + (request.head.authority ?? "127.0.0.1"))
    if wireRequest.path.hasPrefix("/simulator/") { return try control.respond(to: wireRequest) }
    return try await wire.respond(to: wireRequest)
  }

  private func body(of reply: WireReply, _ channel: any Channel) -> ResponseBody {
    switch reply.delivery {
    case .whole, .none: return ResponseBody(byteBuffer: reply.body)
    case .cut(let bytes):
      let part = reply.body.getSlice(at: reply.body.readerIndex, length: bytes) ?? ByteBuffer()
      return ResponseBody(contentLength: reply.body.readableBytes) { writer in
        try await writer.write(part)
        // Hummingbird closes the connection when the writer of a body throws.
        throw CutOff()
      }
    case .withoutLastChunk:
      return ResponseBody { writer in
        try await writer.write(reply.body)
        throw CutOff()
      }
    }
  }

  /// The end of an answer that a fault cut off.
  private struct CutOff: Error {}
}
