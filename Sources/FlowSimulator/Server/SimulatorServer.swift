import FlowCore
import Foundation
import Hummingbird
import Logging
import NIOCore

/// The HTTP server: Hummingbird on 127.0.0.1 only.
final class SimulatorServer: Sendable {
  private let task: Task<Void, any Error>
  private let connections: Connections
  private let delays: AnswerDelays
  let port: Int

  /// Starts listening; port 0 selects a free port.
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

  /// Closes every connection and waits until all tasks have ended.
  ///
  /// The server ends because its sockets are closed. Cancelling it instead would trap in NIO (`NIOAsyncWriter` deinited
  /// without `finish`) if an accepted connection's task has not started.
  func stop() async {
    delays.end()
    await connections.close()
    _ = await task.result
  }
}

/// Delays of responses due to faults, which end early when the server stops.
final class AnswerDelays: Sendable {
  private struct State {
    var isOver = false
    var sleeps: [Int: Task<Void, any Error>] = [:]
    var count = 0
  }
  private let state = Locked(State())

  /// Throws `CancellationError` if the server stops meanwhile.
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

/// The request context: gives access to the connection, which some faults close.
struct SimulatorContext: InitializableFromSource {
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    channel = source.channel
  }
}

/// Passes requests to the provider or to the simulator's own endpoints, and delivers responses according to faults.
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
      // Writing to the closed connection fails, after which Hummingbird discards it.
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
        // Hummingbird closes the connection if the body writer throws.
        throw TransportError(.truncated, "cut off by a fault")
      }
    case .withoutLastChunk:
      return ResponseBody { writer in
        try await writer.write(reply.body)
        throw TransportError(.truncated, "cut off by a fault")
      }
    }
  }
}
