import FlowCore

/// The commands that wait for the queue of a `CurlMulti`, from any thread.
///
/// It also decides what the sender of a command has to do, because that depends on what the queue is doing: start it,
/// wake it from its wait for sockets, or nothing, because it looks here before it waits or ends.
struct CurlInbox: Sendable {
  enum Command: Sendable {
    case send(PendingTransfer)
    case cancel(TransferTicket)
    case close(CheckedContinuation<Void, Never>)
  }

  enum Reaction: Equatable, Sendable { case none, start, wake }

  enum Turn: Sendable {
    /// Perform these, in order.
    case perform([Command])
    /// Wait for sockets and timers. A command that comes meanwhile wakes the queue.
    case wait
    /// There is nothing left to serve; the next command starts the queue again.
    case end
  }

  private enum Phase { case stopped, busy, waiting }

  private var commands: [Command] = []
  private var phase = Phase.stopped

  mutating func add(_ command: Command) -> Reaction {
    commands.append(command)
    switch phase {
    case .stopped:
      phase = .busy
      return .start
    case .waiting:
      // One wake-up is enough, however many commands come before the queue looks here.
      phase = .busy
      return .wake
    case .busy: return .none
    }
  }

  /// What the queue does next.
  /// - Parameter isIdle: it has no transfers, running or queued.
  mutating func next(isIdle: Bool) -> Turn {
    guard commands.isEmpty else {
      phase = .busy
      defer { commands = [] }
      return .perform(commands)
    }
    phase = isIdle ? .stopped : .waiting
    return isIdle ? .end : .wait
  }
}
