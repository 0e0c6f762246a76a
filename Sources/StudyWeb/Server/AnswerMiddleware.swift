import FlowCore
import HTTPTypes
import Hummingbird

/// The outermost layer: every answer has the security headers, is counted and noted.
struct AnswerMiddleware: RouterMiddleware {
  /// One line for each request.
  let note: @Sendable (String) -> Void
  let counts: RequestCounts
  let time: any TimeSource

  func handle(_ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response) async throws -> Response {
    let start = time.monotonic
    var context = context
    context.path = request.uri.path
    context.query = request.uri.query ?? ""
    var response = try await next(request, context)
    SecurityHeaders.add(to: &response.headers)
    response.body = response.body.paced(context.connectionTurn)
    counts.note(response.status.code)
    // The route, never the address: an address may hold a code or a name.
    note("\(request.method.rawValue) \(context.endpointPath ?? "-") \(response.status.code) \(Int((time.monotonic - start) / .milliseconds(1))) ms")
    return response
  }
}
