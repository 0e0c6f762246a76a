import FlowCore
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// Answers an error as a problem that tells nothing of the server's inside. It stands before the check of access, and again behind it: only there is
/// it known whether a person is signed in, and so what the page shows around the problem.
struct ProblemMiddleware: RouterMiddleware {
  /// For an error that nobody expects.
  let complain: @Sendable (String) -> Void
  /// Makes the page that a person sees instead of JSON.
  let page: @Sendable (WebProblem, WebContext) -> Response?

  func handle(_ request: Request, context: WebContext, next: (Request, WebContext) async throws -> Response) async throws -> Response {
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
    case let error as HTTPError where error.status == .notFound:
      return .notFound("there is nothing at '\(request.uri.path.prefix(200))'; see /docs for what there is")
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
