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
  mutating func enter(_ next: Stage) throws(StoppedEarly) {
    if let early { throw early }
    stage = next
  }

  /// The error that ends the authorization at this stage; nil without a signal.
  var early: StoppedEarly? {
    signal.map { signal in
      switch stage {
      case .preparing: StoppedEarly(signal: signal)
      case .waiting: StoppedEarly(signal: signal, moment: "before the consent was exchanged for tokens; nothing was changed: \(ConsentTimeout.next)")
      case .exchanging: StoppedEarly(signal: signal, moment: "before the code was answered; nothing was changed: ask for a new link")
      }
    }
  }
}

/// The browser did not return from the provider's page in time.
package struct ConsentTimeout: Error, Sendable, Equatable, CustomStringConvertible {
  static let next = "run it again, or pass the address that the browser was redirected to with --code"

  package init() {}

  package var description: String { "no answer arrived in time; nothing was changed: \(Self.next)" }
}
