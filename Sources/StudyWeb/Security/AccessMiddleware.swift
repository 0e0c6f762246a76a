import FlowCore
import HTTPTypes
import Hummingbird

/// Lets through what `AccessRules` allows.
struct AccessMiddleware: RouterMiddleware {
  let gatekeeper: Gatekeeper
  /// The gatekeeper's, with the public paths of all parts.
  let rules: AccessRules

  func handle(_ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response) async throws -> Response {
    var context = context
    context.client = client(request, context.client)
    var facts = RequestFacts(isReading: [.get, .head].contains(request.method), path: request.uri.path)
    facts.host = request.head.authority
    facts.secondHost = request.headers[Self.host]
    facts.origin = request.headers[.origin]
    facts.fetchSite = request.headers[Self.fetchSite]
    facts.isNavigation =
      request.headers[Self.fetchMode] == "navigate" && request.headers[Self.fetchDestination].map { $0 == "document" } ?? true
    facts.isPage = facts.isReading && request.canBeLedOn
    // A name that is not the server's learns nothing, not even whether a token is right.
    if case .refused(let problem) = rules.verdict(facts), problem != AccessRules.tokenProblem { throw problem }
    let standing = try gatekeeper.standing(request.headers, client: context.client)
    facts.hasToken = standing.hasToken
    if let session = standing.session {
      facts.hasSession = true
      context.csrfToken = session.csrfToken
      facts.hasCSRFToken = try await csrfToken(request).map { AccessToken(session.csrfToken).matches($0) } ?? false
    }
    context.isSignedIn = facts.hasToken || facts.hasSession
    context.mayRead = context.isSignedIn || !rules.readingNeedsToken
    switch rules.verdict(facts) {
    case .allowed: return try await next(request, context)
    case .signIn: return .redirected(to: "/sign-in?" + PercentEncoding.encode([("next", request.uri.string)]))
    case .refused(let problem): throw problem
    }
  }

  private func csrfToken(_ request: Request) async throws -> String? {
    if let header = request.headers[Self.csrfHeader] { return header }
    guard ![.get, .head].contains(request.method), request.hasForm else { return nil }
    return try await request.form().first(WebContext.csrfField)
  }

  /// Only a proxy on this machine is believed, and only what it added itself.
  private func client(_ request: Request, _ peer: String) -> String {
    guard rules.publicURL != nil, LoopbackHost.contains(peer) || peer == "::1", let forwarded = request.headers[Self.forwardedFor]
    else { return peer }
    return forwarded.split(separator: ",").last.map { String($0.filter { $0 != " " }.prefix(64)) } ?? peer
  }

  private static let host = HTTPField.Name("Host").unsafelyKnown
  private static let fetchSite = HTTPField.Name("Sec-Fetch-Site").unsafelyKnown
  private static let fetchMode = HTTPField.Name("Sec-Fetch-Mode").unsafelyKnown
  private static let fetchDestination = HTTPField.Name("Sec-Fetch-Dest").unsafelyKnown
  private static let csrfHeader = HTTPField.Name("X-CSRF-Token").unsafelyKnown
  private static let forwardedFor = HTTPField.Name("X-Forwarded-For").unsafelyKnown
}

extension HTTPField.Name? {
  /// The name of a field that is written in this program.
  var unsafelyKnown: HTTPField.Name {
    guard let self else { preconditionFailure("a field's name consists of letters and '-'") }
    return self
  }
}
