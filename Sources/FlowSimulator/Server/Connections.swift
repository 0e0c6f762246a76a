import Dispatch
import FlowCore
import NIOCore

/// The listening socket, its accepted connections and the answers in progress. All of them end when the server stops.
final class Connections: Sendable {
  private struct State {
    var isOver = false
    var channels: [ObjectIdentifier: any Channel] = [:]
  }
  private let state = Locked(State())
  /// Of its own: where tests occupy the threads that all tasks share, an answer would come after the client's patience has ended, and
  /// a refresh token that was exchanged by then is lost.
  private let executor = DispatchExecutor(label: "flowrun.simulator")
  /// Counts open channels and answers in progress.
  private let open = DispatchGroup()

  /// Registers the listening socket or a connection.
  func add(_ channel: any Channel) {
    let key = ObjectIdentifier(channel)
    open.enter()
    let isOver = state.withLock { state in
      state.channels[key] = channel
      return state.isOver
    }
    channel.closeFuture.whenComplete { [state, open] _ in
      state.withLock { $0.channels[key] = nil }
      open.leave()
    }
    // A connection that was accepted while the server stops.
    if isOver { channel.close(promise: nil) }
  }

  /// Answers a request apart from the event loop.
  func answer(_ body: @escaping @Sendable () async -> Void) {
    open.enter()
    Task(executorPreference: executor) { [open] in
      await body()
      open.leave()
    }
  }

  /// Closes the listening socket and every connection, and waits until they are closed and all answers have ended.
  func close() async {
    let channels = state.withLock { state in
      state.isOver = true
      return Array(state.channels.values)
    }
    for channel in channels { channel.close(promise: nil) }
    await withCheckedContinuation { ended in open.notify(queue: .global()) { ended.resume() } }
  }
}
