/// A command changed nothing and may succeed later.
package enum CommandRefusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// Another run holds the participant.
  /// - Parameter next: what to do when that run has ended.
  case heldByAnotherRun(_ participant: String, next: String)
  /// The browser did not return from the provider's page in time.
  case consentTimeout

  static let nextConsent = "run it again, or pass the address that the browser was redirected to with --code"

  package var description: String {
    switch self {
    case .heldByAnotherRun(let participant, let next): "held by another run: \(participant); \(next)"
    case .consentTimeout: "no answer arrived in time; nothing was changed: \(Self.nextConsent)"
    }
  }
}
