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
  /// Name of the cookie of a session.
  let sessionCookie: String
  /// Whether reading needs the token, too.
  let readingNeedsToken: Bool
  let ready: ReadyCheck
  let turns: ReadingTurns

  /// - Parameters:
  ///   - studies: the served flows; requests without `flow` mean the first.
  ///   - errors: path of the error folder.
  ///   - history: where runs are recorded.
  ///   - metrics: who else has figures for `/metrics`.
  ///   - sessionCookie: name of the cookie that `/sign-in` sets, for the document.
  ///   - readingNeedsToken: what the document says that reading needs.
  package init(
    _ studies: [StudyAccess], desk: any RunDesk, errors: String, history: RunRecords, metrics: [any MetricSource] = [], sessionCookie: String,
    readingNeedsToken: Bool, on machine: Machine, complain: @escaping @Sendable (String) -> Void
  ) {
    let turns = ReadingTurns(desk: desk, time: machine.time)
    self.init(
      studies, desk: desk, errors: errors, history: history, metrics: metrics, sessionCookie: sessionCookie, readingNeedsToken: readingNeedsToken,
      turns: turns, on: machine, complain: complain)
  }

  /// - Parameter turns: those of all readers of the server.
  init(
    _ studies: [StudyAccess], desk: any RunDesk, errors: String, history: RunRecords, metrics: [any MetricSource], sessionCookie: String,
    readingNeedsToken: Bool, turns: ReadingTurns, on machine: Machine, complain: @escaping @Sendable (String) -> Void
  ) {
    self.turns = turns
    self.studies = studies
    self.desk = desk
    self.errors = ErrorRecords(folder: errors, on: machine) { complain("warning: \($0)") }
    self.history = history
    self.metrics = metrics
    self.machine = machine
    streams = EventStreams(time: machine.time)
    errorFolder = errors
    self.complain = complain
    self.sessionCookie = sessionCookie
    self.readingNeedsToken = readingNeedsToken
    ready = ReadyCheck(time: machine.time) {
      do {
        for study in studies { try await study.check() }
        return true
      } catch {
        complain("warning: not ready: \(error)")
        return false
      }
    }
  }

  /// Whether the server can answer is no secret.
  package var publicPaths: [String] { ["/healthz", "/readyz"] }

  /// Every operation, in the order of the document.
  var operations: [APIOperation] { participantOperations + flowOperations + runOperations + errorOperations }

  package func addRoutes(to router: Router<WebContext>) {
    for operation in operations {
      let path = RouterPath(operation.fullPath)
      router.on(path, method: operation.method == .get ? .get : .post) { request, context in
        try await Self.translating {
          let request = try APIRequest(request, context, operation)
          return try await operation.isReading ? turns.turn { try await operation.handler(request) } : operation.handler(request)
        }
      }
    }
    let document = OpenAPIDocument(operations, sessionCookie: sessionCookie, readingNeedsToken: readingNeedsToken)
    router.get("/api/v1/openapi.json") { request, _ in try Response.json(document.value, to: request) }
    addHealth(to: router)
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

  /// The name of the flow whose elements of a common list are wanted; nil for those of all. Throws a `WebProblem` (404) as `study` does.
  func chosenFlow(_ request: APIRequest) throws(WebProblem) -> String? { request["flow"] == nil ? nil : try study(request).flow.name }

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
      throw WebProblem(
        problems.all.allSatisfy(isAbsence) ? .notFound : .serviceUnavailable, problems.all.map { WebProblem.text(of: $0) }.joined(separator: "\n"))
    } catch let problem as Diagnostic {
      throw WebProblem(isAbsence(problem) ? .notFound : .serviceUnavailable, WebProblem.text(of: problem))
    } catch let stop as StopRun {
      throw WebProblem(.serviceUnavailable, RequestWords.text(of: stop.message))
    } catch let error as ProcessorError {
      throw WebProblem(.serviceUnavailable, error.failure.message)
    } catch let error as FileSystemError {
      throw WebProblem(.serviceUnavailable, "\(error)")
    }
  }

  /// Whether what is asked for is not there: a name, or what a flow of this kind does not have, such as participants.
  private static func isAbsence(_ problem: Diagnostic) -> Bool { problem.code.isUsage || problem.code == .unsuitableFlow }
}
