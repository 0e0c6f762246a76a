import FlowCore
import HTTPTypes

/// What is known of a request when access is decided.
struct RequestFacts: Sendable, Equatable {
  /// GET or HEAD, which change nothing.
  var isReading: Bool
  var path: String
  /// The value of `Host`, and of a second one if there is one.
  var host: String?
  var secondHost: String?
  var origin: String?
  /// `Sec-Fetch-Site`.
  var fetchSite: String?
  /// A person follows a link or types an address, so that the answer is shown in a window of its own (`Sec-Fetch-Mode`, `Sec-Fetch-Dest`).
  var isNavigation = false
  /// A right token came with the request.
  var hasToken = false
  /// It belongs to a session.
  var hasSession = false
  /// It carries the session's CSRF token.
  var hasCSRFToken = false
  /// A browser asks for a page, and can be led to the one that signs in.
  var isPage = false
}

/// Decides which requests are answered.
package struct AccessRules: Sendable {
  enum Verdict: Equatable {
    case allowed
    /// A person has to sign in first.
    case signIn
    case refused(WebProblem)
  }

  /// Where the server listens.
  package var address: ListenAddress
  package var publicURL: PublicURL?
  /// Whether reading needs the token, too.
  package var readingNeedsToken: Bool
  /// Paths that are answered without token, with all below them.
  package var publicPaths: [String]

  package init(address: ListenAddress, publicURL: PublicURL?, readingNeedsToken: Bool, publicPaths: [String] = []) {
    self.address = address
    self.publicURL = publicURL
    self.readingNeedsToken = readingNeedsToken
    self.publicPaths = publicPaths
  }

  func verdict(_ facts: RequestFacts) -> Verdict {
    if let problem = hostProblem(facts) { return .refused(problem) }
    if !(facts.isReading && facts.isNavigation), let problem = originProblem(facts) { return .refused(problem) }
    if isPublic(facts.path) { return .allowed }
    guard facts.hasToken || facts.hasSession else {
      if facts.isReading && !readingNeedsToken { return .allowed }
      if facts.isPage { return .signIn }
      return .refused(Self.tokenProblem)
    }
    // A page from elsewhere cannot add a header with the token, but its requests carry the session's cookie.
    guard facts.isReading || facts.hasToken || facts.hasCSRFToken else {
      return .refused(.forbidden("the request lacks the page's CSRF token; reload the page and send the form again"))
    }
    return .allowed
  }

  func isPublic(_ path: String) -> Bool { publicPaths.contains { path == $0 || path.hasPrefix($0 + "/") } }

  static let tokenProblem = WebProblem(
    .unauthorized, "this needs the server's token: send it as 'Authorization: Bearer TOKEN', or sign in at /sign-in",
    headers: [.wwwAuthenticate: "Bearer realm=\"flowrun\""])

  // MARK: Host

  /// A name of someone else that leads to this machine (DNS rebinding) would let their pages read ours.
  private func hostProblem(_ facts: RequestFacts) -> WebProblem? {
    guard let text = facts.host, facts.secondHost == nil, let authority = Authority(text) else {
      return .badRequest("the request has \(facts.host == nil ? "no" : facts.secondHost == nil ? "an unreadable" : "a second") header Host; expected one, such as 'Host: \(address.urlHost)'")
    }
    guard !accepts(authority) else { return nil }
    return WebProblem(
      .misdirectedRequest,
      "this server does not answer to the name '\(authority.host)'; use its address, or start it with --public-url and the name under which it is reached")
  }

  private func accepts(_ authority: Authority) -> Bool {
    if LoopbackHost.contains(authority.host) || authority.host == address.urlHost.lowercased() || authority.host == publicURL?.authority.host { return true }
    return address.isWildcard && authority.isAddress
  }

  // MARK: Origin

  /// Whether a page of this origin is the server's. One that came under the public name has that address's scheme: a page of the same name without TLS
  /// may be anybody's.
  private func isOwn(_ origin: String, _ host: String?) -> Bool {
    if origin.lowercased() == publicURL?.origin { return true }
    guard let host else { return false }
    if let publicURL, let authority = Authority(host), publicURL.isReached(as: authority) { return false }
    return origin.lowercased() == "http://\(host.lowercased())"
  }

  /// A foreign page changes nothing, and reads nothing as a part of itself: as image, script, frame or by a script's request. A link from it is
  /// followed, since what comes of that is shown to the person alone.
  private func originProblem(_ facts: RequestFacts) -> WebProblem? {
    let rule = facts.isReading ? "open the address in a window of its own" : "only this server's own pages may change something"
    if let origin = facts.origin {
      return isOwn(origin, facts.host) ? nil : .forbidden("the request comes from a page of '\(origin.prefix(200))'; \(rule)")
    }
    if let site = facts.fetchSite, !["same-origin", "none"].contains(site) {
      return .forbidden("the request comes from another site's page; \(rule)")
    }
    return nil
  }
}
