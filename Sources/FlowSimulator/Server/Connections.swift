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

  /// Closes the listening socket, and then whatever it accepted before.
  func close() async {
    let listener = state.withLock { $0.listener }
    // Fails where it is closed already.
    try? await listener?.close()
    for channel in state.withLock({ Array($0.accepted.values) }) { channel.close(promise: nil) }
  }
}
