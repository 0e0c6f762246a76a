import Hummingbird
import NIOCore

/// A part of the site, such as the pages or the consent of participants: it adds its routes to the router.
package protocol SitePart: Sendable {
  /// Paths that are answered without the token, with all below them: `/consent`. Whatever is not named here needs the token as the server was
  /// started, and always in order to change something.
  var publicPaths: [String] { get }
  /// - Parameter router: answers requests that have passed the checks of host, size, origin and token. A request that changes something and has
  ///   come by a session has also shown the session's CSRF token, unless its path is public.
  func addRoutes(to router: Router<WebContext>)
  /// A page for a person whose request was not answered as asked; nil leaves it to another part.
  func page(for problem: WebProblem, in context: WebContext) -> Response?
}

extension SitePart {
  package var publicPaths: [String] { [] }
  package func page(for problem: WebProblem, in context: WebContext) -> Response? { nil }
}

/// What a request carries through the server.
package struct WebContext: RequestContext {
  /// The name of the form field with the CSRF token. A script sends it as the header `X-CSRF-Token`.
  package static let csrfField = "csrf_token"

  package var coreContext: CoreRequestContextStorage
  /// Whether the token was given with the request, or by the session.
  package var isSignedIn = false
  /// Whether the study may be shown; false until that is decided.
  var mayRead = false
  /// What forms of the answer must carry in the field `csrf_token`; nil without a session, which cannot change anything by a form.
  package var csrfToken: String?
  /// The address that the request comes from; behind a proxy on this machine, the one that the proxy says.
  package var client = ""
  /// The path that was asked for.
  package var path = ""
  /// The query of the address, as it was sent.
  var query = ""
  /// Closes the connection, whatever is under way on it.
  let closeConnection: @Sendable () -> Void
  /// Returns once the connection has taken up what was written before.
  let connectionTurn: @Sendable () async throws -> Void

  package init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    client = source.channel.remoteAddress?.ipAddress ?? ""
    connectionTurn = { [loop = source.channel.eventLoop] in try await loop.submit {}.get() }
    closeConnection = { [channel = source.channel] in channel.close(promise: nil) }
  }
}
