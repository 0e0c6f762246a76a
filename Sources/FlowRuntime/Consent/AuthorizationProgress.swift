import FlowCore

/// State of an authorization, which determines what a signal does. `Authorization` executes the action.
struct AuthorizationProgress: Sendable {
  enum Stage: Equatable {
    case preparing
    /// The participant is on the provider's page.
    case waiting
    /// The first request uses up the code: whatever it returns is stored.
    case exchanging
  }
  enum Action: Equatable {
    /// The next stage is not entered.
    case none
    case endWait
    /// Failed requests are not repeated.
    case endRepeats
  }
  private(set) var stage = Stage.preparing
  private var signal: Int32?

  /// Only the first signal has an effect.
  mutating func stop(by number: Int32) -> Action {
    guard signal == nil else { return .none }
    signal = number
    switch stage {
    case .preparing: return .none
    case .waiting: return .endWait
    case .exchanging: return .endRepeats
    }
  }

  /// Throws if a signal has arrived.
  mutating func enter(_ next: Stage) throws(StopRun) {
    if let early { throw early }
    stage = next
  }

  /// The error that ends the authorization at this stage; nil without a signal.
  var early: StopRun? {
    signal.map { signal in
      switch stage {
      case .preparing: StopRun(bySignal: signal)
      case .waiting: StopRun(bySignal: signal, "before the consent was exchanged for tokens; nothing was changed: \(CommandRefusal.nextConsent)")
      case .exchanging: StopRun(bySignal: signal, "before the code was answered; nothing was changed: ask for a new link")
      }
    }
  }
}
