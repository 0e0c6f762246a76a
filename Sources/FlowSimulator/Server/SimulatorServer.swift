import FlowCore
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// The HTTP server, on 127.0.0.1 only.
final class SimulatorServer: Sendable {
  private let connections: Connections
  private let delays: AnswerDelays
  let port: Int

  /// Starts listening; port 0 selects a free port.
  /// - Throws: `SimulatorError.notListening`.
  init(port: Int, responder: SimulatorResponder) async throws {
    let connections = Connections()
    do {
      let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .serverChannelOption(ChannelOptions.backlog, value: 1024)
        .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
        .childChannelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            connections.add(channel)
            try channel.pipeline.syncOperations.configureHTTPServerPipeline()
            try channel.pipeline.syncOperations.addHandler(SimulatorConnection(responder, connections))
          }
        }
        .bind(host: "127.0.0.1", port: port).get()
      connections.add(listener)
      self.port = listener.localAddress?.port ?? port
    } catch let error as IOError {
      throw SimulatorError.notListening(port: port, String(cString: strerror(error.errnoCode)))
    } catch {
      throw SimulatorError.notListening(port: port, "\(error)")
    }
    self.connections = connections
    delays = responder.delays
  }

  /// Closes every connection and waits until all answers have ended.
  func stop() async {
    delays.end()
    await connections.close()
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

/// Passes requests to the provider or to the simulator's own endpoints.
struct SimulatorResponder: Sendable {
  let wire: FrontDoor
  let control: SimulatorControl
  let delays = AnswerDelays()

  /// Throws `CancellationError` if the server stops meanwhile.
  func respond(to request: WireRequest) async throws -> WireReply {
    let reply = try await reply(to: request)
    if reply.delayMilliseconds > 0 { try await delays.wait(milliseconds: reply.delayMilliseconds) }
    return reply
  }

  private func reply(to request: WireRequest) async throws -> WireReply {
    if request.path.hasPrefix("/simulator/") { return try control.respond(to: request) }
    return try await wire.respond(to: request)
  }

  /// The simulated time in the form of HTTP.
  var date: String { Instant(seconds: Int64(control.world.now)).httpDateText }
}
