import FlowCore

/// Whether the server's databases answer. One check is under way at a time and its result holds for a while: whoever asks, and may do so without a
/// token, costs no more than one reader. May be used from any task.
final class ReadyCheck: Sendable {
  /// How long a result holds.
  static let lifetime = Duration.seconds(5)

  private struct State {
    var checking: Task<Bool, Never>?
    var known: (isReady: Bool, at: Duration)?
  }

  private enum Answer {
    case known(Bool)
    case underWay(Task<Bool, Never>)
  }

  private let time: any TimeSource
  private let check: @Sendable () async -> Bool
  private let state = Locked(State())

  init(time: any TimeSource, _ check: @escaping @Sendable () async -> Bool) {
    self.time = time
    self.check = check
  }

  var isReady: Bool {
    get async {
      let now = time.monotonic
      let answer: Answer = state.withLock { state in
        if let known = state.known, now - known.at < Self.lifetime { return .known(known.isReady) }
        if let checking = state.checking { return .underWay(checking) }
        let task = Task { await self.renew() }
        state.checking = task
        return .underWay(task)
      }
      return switch answer {
      case .known(let isReady): isReady
      case .underWay(let task): await task.value
      }
    }
  }

  private func renew() async -> Bool {
    let isReady = await check()
    let now = time.monotonic
    state.withLock { $0 = State(checking: nil, known: (isReady, now)) }
    return isReady
  }
}
