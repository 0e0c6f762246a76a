import Hummingbird

/// A part of the site, such as the pages or the consent of participants: it adds its routes to the router.
package protocol SitePart: Sendable {
  /// - Parameter router: answers requests that have passed the checks of host, size and origin; whether a route needs the token is said when it is
  ///   added (`WebContext`).
  func addRoutes(to router: Router<WebContext>)
}

/// What a request carries through the server.
package struct WebContext: RequestContext {
  package var coreContext: CoreRequestContextStorage
  /// Whether the token was given with the request, or by the session.
  package var isSignedIn = false

  package init(source: ApplicationRequestContextSource) { coreContext = .init(source: source) }
}
