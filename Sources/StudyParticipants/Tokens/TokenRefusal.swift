import FlowCore
import StudyModel

/// A client of a token endpoint: an application at an endpoint. A refusal to one says nothing about another.
package struct TokenAsker: Sendable, Hashable {
  /// URL of the token endpoint.
  package var endpoint: String
  /// The application's id.
  package var client: String

  package init(endpoint: String, client: String) {
    self.endpoint = endpoint
    self.client = client
  }
}

/// An `invalid_grant` for a refresh token: the token is not used again at that endpoint by that application.
package struct TokenRefusal: Sendable, Equatable {
  package var asker: TokenAsker
  package var time: Instant?

  package init(_ asker: TokenAsker, at time: Instant?) {
    self.asker = asker
    self.time = time
  }

  /// nil if the document is not a refusal.
  init?(_ document: JSONTree) {
    guard let endpoint = document["token_url"]?.text, let client = document["client_id"]?.text else { return nil }
    self.init(TokenAsker(endpoint: endpoint, client: client), at: document["time"]?.text.flatMap { Instant(rfc3339: $0) })
  }

  var document: JSONTree {
    var document = JSONTree.object([
      JSONTree.Member("token_url", .string(asker.endpoint)), JSONTree.Member("client_id", .string(asker.client)),
    ])
    document["time"] = time.map { .string($0.text) }
    return document
  }
}

extension TokenRecord {
  /// Maximum number of refusals kept; the oldest is dropped first.
  private static let refusalLimit = 16

  /// Whether the refresh token is known to be refused to this client. Earlier versions recorded a refusal without the
  /// client: it counts for every client.
  package func isRefused(to asker: TokenAsker) -> Bool {
    guard !refusals.isEmpty else { return state == .needsConsent }
    return refusals.contains { $0.asker == asker }
  }

  /// Records that the provider has just refused the refresh token.
  mutating func refuse(to asker: TokenAsker, at now: Instant) {
    become(.needsConsent, at: now)
    asked = nil
    refusals.removeAll { $0.asker == asker }
    refusals.append(TokenRefusal(asker, at: now))
    if refusals.count > Self.refusalLimit { refusals.removeFirst() }
  }

  /// Clears the refusal to this client so that the token is tried again; false if there was no refusal or there is no
  /// token.
  package mutating func forgetRefusal(to asker: TokenAsker, at now: Instant) -> Bool {
    guard !isAbsent, isRefused(to: asker) else { return false }
    refusals.removeAll { $0.asker == asker }
    if state == .needsConsent { become(.live, at: now) }
    return true
  }

  mutating func become(_ state: TokenState, at now: Instant) {
    if self.state != state || since == nil { since = now }
    self.state = state
  }
}
