import FlowCore
import HTTPTypes
import Hummingbird
import NIOCore

/// Reads the body before anything else happens, so that no route waits for a slow one, and refuses what is too long.
struct LimitMiddleware: RouterMiddleware {
  let time: any TimeSource

  func handle(_ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response) async throws -> Response {
    // Before anything is refused: the library reads and drops the rest of a refused body for as long as it comes.
    let deadline = time.schedule(after: ServerLimits.bodyTime) { [close = context.closeConnection] in close() }
    guard request.uri.string.utf8.count <= ServerLimits.addressBytes else {
      throw WebProblem(
        .uriTooLong, "the address has \(request.uri.string.utf8.count) bytes; expected at most \(ServerLimits.addressBytes)", headers: [.connection: "close"])
    }
    let problem = WebProblem(
      .contentTooLarge, "the body has more than \(ServerLimits.bodyBytes) bytes, the most that is read", headers: [.connection: "close"])
    var request = request
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > ServerLimits.bodyBytes {
      // The rest of the body is read and dropped, for as long as the deadline allows.
      throw problem
    }
    do {
      _ = try await request.collectBody(upTo: ServerLimits.bodyBytes)
    } catch is NIOTooManyBytesError {
      throw problem
    }
    deadline.cancel()
    return try await next(request, context)
  }
}
