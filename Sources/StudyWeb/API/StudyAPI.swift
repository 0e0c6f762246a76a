import FlowCore
import FlowRuntime
import HTTPTypes
import Hummingbird
import StudyModel

/// The REST API: routes, their document, and the page that shows it.
package struct StudyAPI: SitePart {
  package static let root = "/api/v1"

  let studies: [StudyAccess]
  let desk: any RunDesk
  let errors: ErrorRecords
  let history: RunRecords
  let streams: EventStreams
  let metrics: [any MetricSource]
  let machine: Machine
  let errorFolder: String
  let complain: @Sendable (String) -> Void

  /// - Parameters:
  ///   - studies: the served flows; requests without `flow` mean the first.
  ///   - errors: path of the error folder.
  ///   - history: where runs are recorded.
  ///   - metrics: who else has figures for `/metrics`.
  package init(
    _ studies: [StudyAccess], desk: any RunDesk, errors: String, history: RunRecords, metrics: [any MetricSource] = [], on machine: Machine,
    complain: @escaping @Sendable (String) -> Void
  ) {
    self.studies = studies
    self.desk = desk
    self.errors = ErrorRecords(folder: errors, on: machine) { complain("warning: \($0)") }
    self.history = history
    self.metrics = metrics
    self.machine = machine
    streams = EventStreams(time: machine.time)
    errorFolder = errors
    self.complain = complain
  }

  /// Whether the server can answer is no secret.
  package var publicPaths: [String] { ["/healthz", "/readyz"] }

  /// Every operation, in the order of the document.
  var operations: [APIOperation] { participantOperations + flowOperations + runOperations + errorOperations }

  package func addRoutes(to router: Router<WebContext>) {
    for operation in operations {
      let path = RouterPath(operation.fullPath)
      router.on(path, method: operation.method == .get ? .get : .post) { request, context in
        try await Self.translating { try await operation.handler(try APIRequest(request, context, operation)) }
      }
    }
    refuseOtherMethods(router)
    let document = OpenAPIDocument(operations)
    router.get("/api/v1/openapi.json") { request, _ in try Response.json(document.value, to: request) }
    addHealth(to: router)
  }

  /// A path that is there, asked in another way, is no unknown address (RFC 9110 §15.5.6).
  private func refuseOtherMethods(_ router: Router<WebContext>) {
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "PROPFIND"].compactMap { HTTPTypes.HTTPRequest.Method($0) }
    for (path, operations) in Dictionary(grouping: operations, by: \.fullPath) {
      let known = Set(operations.map { $0.method == .get ? HTTPTypes.HTTPRequest.Method.get : .post })
      let allowed = (known.contains(.get) ? ["GET", "HEAD"] : []) + (known.contains(.post) ? ["POST"] : [])
      for method in methods where !known.contains(method) {
        router.on(RouterPath(path), method: method) { request, _ -> Response in
          throw WebProblem(
            .methodNotAllowed, "\(request.method.rawValue) is not for '\(path)'; expected \(allowed.joined(separator: ", "))",
            headers: [.allow: allowed.joined(separator: ", ")])
        }
      }
    }
  }

  // MARK: What operations share

  /// The flow that a request means. Throws a `WebProblem` (404).
  func study(_ request: APIRequest) throws(WebProblem) -> StudyAccess { try study(request["flow"]) }

  func study(_ name: String?) throws(WebProblem) -> StudyAccess {
    let names = studies.map(\.flow.name)
    guard let name else {
      guard let first = studies.first else {
        throw .notFound("the server was started without a flow; start it with one, such as: flowrun serve Flows/fitbit.yaml")
      }
      return first
    }
    guard let study = studies.first(where: { $0.flow.name == name }) else {
      throw .notFound("there is no flow '\(name.prefix(100))'\(NearestName.hint(for: name, among: names).map { "; \($0)" } ?? "")")
    }
    return study
  }

  static let flowParameter = APIOperation.Parameter.query("flow", "A served flow; the first that the server was started with if not given.")
  static let limitParameter = APIOperation.Parameter.query(
    "limit", "The most elements of one answer.", schema: ["type": "integer", "minimum": 1, "maximum": 10_000])
  static let cursorParameter = APIOperation.Parameter.query(
    "cursor", "Goes on after a page: take it from the header Link (rel=\"next\") of the answer before.")
  static let pageHeaders = ["Link": "Leads to the next page (rel=\"next\"); absent on the last."]

  /// Answers errors of the runtime as problems.
  static func translating<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch let problems as Diagnostics {
      throw WebProblem(problems.isUsage ? .notFound : .serviceUnavailable, problems.all.map { WebProblem.text(of: $0) }.joined(separator: "\n"))
    } catch let problem as Diagnostic {
      throw WebProblem(problem.code.isUsage ? .notFound : .serviceUnavailable, WebProblem.text(of: problem))
    } catch let stop as StopRun {
      throw WebProblem(.serviceUnavailable, stop.message)
    } catch let error as ProcessorError {
      throw WebProblem(.serviceUnavailable, error.failure.message)
    } catch let error as FileSystemError {
      throw WebProblem(.serviceUnavailable, "\(error)")
    }
  }
}

extension WebProblem {
  /// A diagnostic without its code and place, which a client has no file for.
  static func text(of diagnostic: Diagnostic) -> String {
    (diagnostic.subject.isEmpty ? "" : diagnostic.subject + ": ") + diagnostic.found + (diagnostic.expected.map { "; expected \($0)" } ?? "")
      + (diagnostic.hint.map { "; \($0)" } ?? "")
  }
}
