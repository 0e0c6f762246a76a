import HTTPTypes
import Hummingbird

/// Refuses the methods that a path does not have (405) and names those that it has: a path that is there, asked in another way, is no unknown
/// address (RFC 9110 §15.5.6).
enum OtherMethods {
  /// Those that the server's parser lets through.
  private static let all = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK",
    "SEARCH", "BIND", "REBIND", "UNBIND", "ACL", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE", "M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE", "PURGE",
    "MKCALENDAR", "LINK", "UNLINK", "SOURCE",
  ].compactMap { HTTPTypes.HTTPRequest.Method($0) }

  /// Adds a route for every method that a path of the router lacks. HEAD is answered where GET is.
  static func refuse(_ router: Router<WebContext>) {
    for (_, routes) in Dictionary(grouping: router.routes, by: { "\($0.path)" }) {
      var known = Set(routes.map(\.method))
      if known.contains(.get) { known.insert(.head) }
      let allowed = all.filter(known.contains).map(\.rawValue).joined(separator: ", ")
      for method in all where !known.contains(method) {
        router.on(routes[0].path, method: method) { request, _ -> Response in
          throw WebProblem(
            .methodNotAllowed, "\(request.method.rawValue) is not for '\(request.uri.path.prefix(200))'; expected \(allowed)", headers: [.allow: allowed])
        }
      }
    }
  }
}
