/// Takes the bulletins of lineage handlers, which have no session: when they are called, every session of the lineage has ended. One for each run.
/// Thread-safe.
package final class HandlerBulletins: Sendable {
  private struct State {
    var receive: (@Sendable (Bulletin) -> Void)?
    var waiting: [Bulletin] = []
  }
  private let state = Locked(State())

  package init() {}

  /// Those that nobody has received yet.
  package var waiting: [Bulletin] { state.withLock { $0.waiting } }

  package func post(_ bulletin: Bulletin) {
    let receive = state.withLock { state in
      if state.receive == nil { state.waiting.append(bulletin) }
      return state.receive
    }
    receive?(bulletin)
  }

  /// From now on bulletins go to the receiver, on any thread; those that wait go first.
  package func deliver(to receive: @escaping @Sendable (Bulletin) -> Void) {
    let waiting = state.withLock { state in
      defer { state.waiting = [] }
      state.receive = receive
      return state.waiting
    }
    for bulletin in waiting { receive(bulletin) }
  }
}

extension RuntimeEnvironment {
  package var handlerBulletins: HandlerBulletins { shared.value { HandlerBulletins() } }
}
