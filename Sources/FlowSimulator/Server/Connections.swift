import FlowCore
import NIOCore

/// The listening socket and the connections that it accepted, so that the server can be stopped by closing them.
final class Connections: Sendable {
  private struct State {
    var listener: (any Channel)?
    var accepted: [ObjectIdentifier: any Channel] = [:]
  }
  private let state = Locked(State())

  func listen(on channel: any Channel) { state.withLock { $0.listener = channel } }

  /// To be called where the connection is accepted: on the event loop of the listening socket.
  func accept(_ channel: any Channel) {
    let key = ObjectIdentifier(channel)
    state.withLock { $0.accepted[key] = channel }
    channel.closeFuture.whenComplete { [state] _ in state.withLock { $0.accepted[key] = nil } }
  }

  /// Accepts nothing more, lets what was accepted be set up, and closes the listening socket and every connection.
  ///
  /// NIO traps (`NIOAsyncWriter` deinited without `finish`) where the listening socket closes while a connection is being set up.
  func close() async {
    guard let listener = state.withLock({ $0.listener }) else { return }
    // Both fail where the socket is closed already.
    try? await listener.setOption(.autoRead, value: false).get()
    await settle(listener)
    try? await listener.close()
    for channel in state.withLock({ Array($0.accepted.values) }) { channel.close(promise: nil) }
  }

  /// A connection is set up in stages: what SwiftNIO's acceptor, `SimulatedDates` and Hummingbird each do on its event loop and hand back to
  /// the listening socket's. Loops work off their tasks in order, so each round lets every connection go on by a stage.
  private func settle(_ listener: any Channel) async {
    for _ in 0..<Self.stages {
      for channel in state.withLock({ Array($0.accepted.values) }) { try? await channel.eventLoop.submit {}.get() }
      try? await listener.eventLoop.submit {}.get()
    }
  }

  /// Twice as many as have been counted.
  private static let stages = 8
}
