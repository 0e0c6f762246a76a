/// How far an authorization has come, and what a signal means there. Decides; `Authorization` carries it out.
struct AuthorizationProgress: Sendable {
  enum Stage: Equatable {
    case preparing
    /// The participant is on the provider's page.
    case waiting
    /// The code is used up with the first request: what is under way is stored, whatever comes.
    case exchanging
  }
  enum Action: Equatable {
    /// The next stage is not entered.
    case none
    case endWait
    /// No request is repeated any more.
    case endRepeats
  }
  private(set) var stage = Stage.preparing
  private var signal: Int32?

  /// The first signal counts; later ones change nothing.
  mutating func stop(by number: Int32) -> Action {
    guard signal == nil else { return .none }
    signal = number
    switch stage {
    case .preparing: return .none
    case .waiting: return .endWait
    case .exchanging: return .endRepeats
    }
  }

  /// Throws where a signal came first.
  mutating func enter(_ next: Stage) throws(StoppedEarly) {
    if let early { throw early }
    stage = next
  }

  /// What ends the authorization where it stands; nil: no signal came.
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

/// Nobody came back from the provider's page in time.
package struct ConsentTimeout: Error, Sendable, Equatable, CustomStringConvertible {
  static let next = "run it again, or give the address that the browser was sent to to --code"

  package init() {}

  package var description: String { "nobody answered in time; nothing was changed: \(Self.next)" }
}
