import FlowCore
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// The outermost layer: every answer has the security headers, and every error becomes a problem that tells nothing of the server's inside.
struct AnswerMiddleware: RouterMiddleware {
  /// For an error that nobody expects.
  let complain: @Sendable (String) -> Void
  /// One line for each request.
  let note: @Sendable (String) -> Void
  /// Makes the page that a person sees instead of JSON.
  let page: @Sendable (WebProblem, WebContext) -> Response?
  let counts: RequestCounts
  let time: any TimeSource

  func handle(_ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response) async throws -> Response {
    let start = time.monotonic
    var context = context
    context.path = request.uri.path
    var response = await answer(request, context, next)
    for (name, value) in Self.always { response.headers[name] = value }
    // What is shown is a person's data, so that no cache keeps it unless an answer says how.
    for (name, value) in Self.unlessGiven where response.headers[name] == nil { response.headers[name] = value }
    response.body = response.body.paced(context.connectionTurn)
    counts.note(response.status.code)
    // The route, never the address: an address may hold a code or a name.
    note("\(request.method.rawValue) \(context.endpointPath ?? "-") \(response.status.code) \(Int((time.monotonic - start) / .milliseconds(1))) ms")
    return response
  }

  private func answer(
    _ request: Request, _ context: WebContext, _ next: (Request, WebContext) async throws -> Response
  ) async -> Response {
    do {
      return try await next(request, context)
    } catch {
      let problem = problem(of: error, request)
      return (request.takesPage ? page(problem, context) : nil) ?? problem.response()
    }
  }

  private func problem(of error: any Error, _ request: Request) -> WebProblem {
    switch error {
    case let problem as WebProblem: return problem
    case let error as HTTPError where error.status == .notFound: return .notFound("there is nothing at '\(request.uri.path.prefix(200))'; see /docs for what there is")
    case let error as HTTPError: return WebProblem(error.status, error.body ?? error.status.reasonPhrase)
    case let refusal as RunRefusal: return WebProblem(refusal)
    case is CancellationError: return WebProblem(.serviceUnavailable, "the server is stopping")
    // The client's doing, which is no error of the server.
    case is HTTPParserError, is ChannelError: return WebProblem(.badRequest, "the request cannot be read", headers: [.connection: "close"])
    default:
      complain("error: an answer of the server failed: \(error)")
      return WebProblem(.internalServerError, "the answer failed; the server's log says why")
    }
  }

  private static func field(_ name: String) -> HTTPField.Name { HTTPField.Name(name).unsafelyKnown }

  private static let always: [(HTTPField.Name, String)] = [
    (.xContentTypeOptions, "nosniff"), (field("X-Frame-Options"), "DENY"), (field("Cross-Origin-Opener-Policy"), "same-origin"),
    (field("Cross-Origin-Resource-Policy"), "same-origin"),
  ]
  private static let unlessGiven: [(HTTPField.Name, String)] = [
    (
      .contentSecurityPolicy,
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    (field("Referrer-Policy"), "same-origin"), (.cacheControl, "no-store"),
  ]
}

extension WebProblem {
  /// The answer to a run or a replay that was not started.
  package init(_ refusal: RunRefusal) {
    let status: HTTPTypes.HTTPResponse.Status =
      switch refusal.reason {
      case .unknown: .notFound
      case .invalid: .badRequest
      case .underWay: .conflict
      case .stopping: .serviceUnavailable
      }
    self.init(status, refusal.message)
  }
}
