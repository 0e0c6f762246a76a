import FlowCore
import NIOCore

/// The listening socket and its accepted connections, which are closed to stop the server.
final class Connections: Sendable {
  private struct State {
    var listener: (any Channel)?
    var accepted: [ObjectIdentifier: any Channel] = [:]
  }
  private let state = Locked(State())

  func listen(on channel: any Channel) { state.withLock { $0.listener = channel } }

  /// Must be called on the event loop of the listening socket, where the connection is accepted.
  func accept(_ channel: any Channel) {
    let key = ObjectIdentifier(channel)
    state.withLock { $0.accepted[key] = channel }
    channel.closeFuture.whenComplete { [state] _ in state.withLock { $0.accepted[key] = nil } }
  }

  /// Stops accepting, lets accepted connections finish their setup, and closes the listening socket and every
  /// connection.
  ///
  /// NIO traps (`NIOAsyncWriter` deinited without `finish`) if the listening socket closes during the setup of a
  /// connection.
  func close() async {
    guard let listener = state.withLock({ $0.listener }) else { return }
    // Both calls fail if the socket is already closed.
    try? await listener.setOption(.autoRead, value: false).get()
    await settle(listener)
    try? await listener.close()
    for channel in state.withLock({ Array($0.accepted.values) }) { channel.close(promise: nil) }
  }

  /// A connection is set up in stages: SwiftNIO's acceptor, `SimulatedDates` and Hummingbird each run on its event loop
  /// and return to the listening socket's. Event loops process tasks in order, so each round advances every connection
  /// by one stage.
  private func settle(_ listener: any Channel) async {
    for _ in 0..<Self.stages {
      for channel in state.withLock({ Array($0.accepted.values) }) { try? await channel.eventLoop.submit {}.get() }
      try? await listener.eventLoop.submit {}.get()
    }
  }

  /// Twice the number of stages observed.
  private static let stages = 8
}
