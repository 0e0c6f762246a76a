import FlowCore
import HTTPTypes
import Hummingbird
import Mustache
import StudyReport

/// Signing in with the token, and out again.
package struct SignInPart: SitePart {
  package static let path = "/sign-in"
  private static let fetchSite = HTTPField.Name("Sec-Fetch-Site").unsafelyKnown
  private let gatekeeper: Gatekeeper
  private let template: MustacheTemplate

  /// Throws if the template is not well formed.
  package init(_ gatekeeper: Gatekeeper) throws {
    self.gatekeeper = gatekeeper
    template = try PageTemplate.make(PackageResources.sign_in_mustache)
  }

  package var publicPaths: [String] { [Self.path] }

  package func addRoutes(to router: Router<WebContext>) {
    router.get("/sign-in") { request, context in
      let query = try request.query()
      // An image on somebody else's page could try wrong tokens until this address has to wait.
      let isOwn = request.headers[Self.fetchSite].map { ["none", "same-origin"].contains($0) } ?? true
      guard let token = query.first("token"), isOwn else { return page(next: query.first("next"), context) }
      return try open(token, next: query.first("next"), context)
    }
    router.post("/sign-in") { request, context in
      let form = try await request.form()
      guard try gatekeeper.check(form.first("token") ?? "", client: context.client) else {
        return page(next: form.first("next"), context, problem: "This is not the server's token.", status: .unauthorized)
      }
      var response = Response.redirected(to: Self.local(form.first("next")))
      response.headers[.setCookie] = gatekeeper.beginSession()
      return response
    }
    router.post("/sign-out") { request, _ in
      var response = Response.redirected(to: "/")
      response.headers[.setCookie] = gatekeeper.endSession(request.headers)
      return response
    }
  }

  /// Follows the address that the server printed when it started. A token from a file is never part of an address.
  private func open(_ token: String, next: String?, _ context: WebContext) throws -> Response {
    guard gatekeeper.isMadeUp else { return page(next: next, context) }
    guard try gatekeeper.check(token, client: context.client) else {
      return page(next: next, context, problem: "This address belongs to a server that has ended. Use the one that the server printed when it started.", status: .unauthorized)
    }
    // A page that leads on, rather than a redirect: a browser that came from elsewhere would not send the new cookie along.
    var response = page(next: next, context, isDone: true)
    response.headers[.setCookie] = gatekeeper.beginSession()
    response.headers[HTTPField.Name("Refresh").unsafelyKnown] = "0; url=\(Self.local(next))"
    response.headers[HTTPField.Name("Referrer-Policy").unsafelyKnown] = "no-referrer"
    return response
  }

  private func page(
    next: String?, _ context: WebContext, problem: String? = nil, isDone: Bool = false, status: HTTPTypes.HTTPResponse.Status = .ok
  ) -> Response {
    let values: [String: Any] = [
      "next": Self.local(next), "problem": problem ?? "", "has_problem": problem != nil, "is_done": isDone, "is_made_up": gatekeeper.isMadeUp,
    ]
    return .page(template.render(values), status: status)
  }

  /// Where to go after signing in: a path of this server, whatever the link says.
  static func local(_ next: String?) -> String {
    guard let next, next.hasPrefix("/"), !next.hasPrefix("//"), !next.hasPrefix(path), next.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
    else { return "/" }
    return next
  }
}

extension Response {
  package static func page(_ html: String, status: HTTPTypes.HTTPResponse.Status = .ok) -> Response {
    Response(status: status, headers: [.contentType: "text/html; charset=utf-8"], body: .inPieces(ByteBuffer(string: html)))
  }
}
