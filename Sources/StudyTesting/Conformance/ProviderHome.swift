import FlowCore
import StudyModel

/// A provider service under test, with what stands behind it: the provider's servers and the batch folder.
///
/// The batch has two participants, P1 and P2. Both have consented; neither has an access token. Refresh tokens are valid
/// once.
package protocol ProviderHome: Sendable {
  var service: any ProviderService { get }

  /// Sets the responses to data requests, in order. The last one is repeated.
  func answer(with answers: [ProviderAnswer])
  /// Sets what happens to the token requests from now on.
  func answerTokenRequests(with answer: TokenEndpointAnswer)

  /// Data requests that reached the provider.
  var dataRequestCount: Int { get }
  /// Token requests that reached the provider.
  var tokenRequestCount: Int { get }
  /// Whether the durable participant file has the refresh token that the provider expects next.
  func hasCurrentToken(_ participant: String) throws -> Bool

  /// Advances the clocks.
  func advance(by duration: Duration)
}

/// A response to a data request, in the provider's own form.
package enum ProviderAnswer: Sendable, Hashable, CaseIterable {
  case data
  /// 401: the access token has expired.
  case expiredToken
  /// 429 that names a wait of 30 seconds.
  case limitedFor30Seconds
  /// 429 that names no time.
  case limited
  /// 403: the consent does not cover the request.
  case missingScope
  /// 404.
  case notFound
  /// 500.
  case serverError
  /// The connection ended before the response was complete.
  case truncated
}

/// What the token endpoint does with a request.
package enum TokenEndpointAnswer: Sendable {
  case grants
  /// `invalid_grant`.
  case refuses
  /// The token is used up, and the response is lost.
  case loses
}

/// One requirement of `ProviderService`, testable on any provider.
///
///     @Test("it meets every requirement of a provider", arguments: ProviderConformance.checks)
///     func conforms(_ check: ProviderCheck) async throws { try await check.run(on: MyHome()) }
package struct ProviderCheck: Sendable, CustomStringConvertible {
  /// The requirement, as a sentence.
  package let description: String
  private let body: @Sendable (any ProviderHome) async throws -> Void

  init(_ description: String, _ body: @escaping @Sendable (any ProviderHome) async throws -> Void) {
    self.description = description
    self.body = body
  }

  /// Throws `BrokenPromise` if the provider violates the requirement, and unexpected errors of the provider.
  /// - Parameter home: a new one; the provider has not been prepared.
  package func run(on home: any ProviderHome) async throws {
    try await home.service.prepare()
    _ = try await home.service.lease("P1")
    _ = try await home.service.lease("P2")
    try await body(home)
    try await home.service.close()
  }
}
