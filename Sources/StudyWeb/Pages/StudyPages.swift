import FlowCore
import FlowDefinition
import FlowRuntime
import HTTPTypes
import Hummingbird
import StudyModel

/// The pages that people read: study, participants, runs, errors, flows, schedule. They work without script.
package struct StudyPages: SitePart {
  let studies: [StudyAccess]
  let desk: any RunDesk
  let errors: ErrorRecords
  let history: RunRecords
  let schedules: @Sendable () -> [ScheduleStatus]
  let hasDygraphs: Bool
  let machine: Machine
  let templates: PageTemplates
  let figures: FiguresCache
  let kept: KeptPages
  let turns: ReadingTurns
  private let names: SharedLook<Bool, [String]>
  /// For files that pages show.
  let lane: any Lane

  /// - Parameters:
  ///   - studies: the served flows; pages without `flow` mean the first.
  ///   - errors: path of the error folder.
  ///   - history: where runs are recorded.
  ///   - schedules: what is due next, by flow.
  ///   - hasDygraphs: whether charts can zoom.
  /// - Throws: what the template engine throws for a template that is not well formed.
  package init(
    _ studies: [StudyAccess], desk: any RunDesk, errors: String, history: RunRecords, schedules: @escaping @Sendable () -> [ScheduleStatus] = { [] },
    hasDygraphs: Bool, on machine: Machine
  ) throws {
    let turns = ReadingTurns(desk: desk, time: machine.time)
    try self.init(studies, desk: desk, errors: errors, history: history, schedules: schedules, hasDygraphs: hasDygraphs, turns: turns, on: machine)
  }

  /// - Parameter turns: those of all readers of the server.
  init(
    _ studies: [StudyAccess], desk: any RunDesk, errors: String, history: RunRecords, schedules: @escaping @Sendable () -> [ScheduleStatus],
    hasDygraphs: Bool, turns: ReadingTurns, on machine: Machine
  ) throws {
    self.turns = turns
    kept = KeptPages(on: machine)
    names = SharedLook(lifetime: .seconds(1), time: machine.time)
    self.studies = studies
    self.desk = desk
    self.errors = ErrorRecords(folder: errors, on: machine)
    self.history = history
    self.schedules = schedules
    self.hasDygraphs = hasDygraphs
    self.machine = machine
    templates = try PageTemplates()
    figures = FiguresCache(on: machine)
    lane = machine.lane("page files")
  }

  package func addRoutes(to router: Router<WebContext>) {
    router.get("/") { request, context in
      if studies.isEmpty { return withoutFlow(context) }
      return try await StudyAPI.translating { try await study(try PageRequest(request, context, studies)) }
    }
    router.get("/participants/{id}") { request, context in
      let id = try PageRequest.part("id", context)
      return try await StudyAPI.translating { try await participant(id, try PageRequest(request, context, studies)) }
    }
    router.get("/runs") { request, context in
      try await StudyAPI.translating { try await turns.turn { try await runs(try PageRequest(request, context, studies)) } }
    }
    router.post("/runs") { request, context in
      let form = try await request.form()
      return try await StudyAPI.translating { try await start(form, try PageRequest(request, context, studies, flow: form.first("flow"))) }
    }
    router.get("/runs/{run}") { request, context in
      let name = try PageRequest.part("run", context)
      return try await StudyAPI.translating { try await turns.turn { try await run(name, try PageRequest(request, context, studies)) } }
    }
    router.post("/runs/{run}/stop") { request, context in
      let name = try PageRequest.part("run", context)
      return try await StudyAPI.translating { try await stop(name, try PageRequest(request, context, studies)) }
    }
    router.get("/errors") { request, context in
      try await StudyAPI.translating { try await errorList(try PageRequest(request, context, studies)) }
    }
    router.post("/errors/replay") { request, context in
      let form = try await request.form()
      return try await StudyAPI.translating { try await replay(form, try PageRequest(request, context, studies, flow: form.first("flow"))) }
    }
    // A reader who reloads the page that a replay has answered with.
    router.get("/errors/replay") { _, _ in Response.redirected(to: "/errors") }
    router.get("/errors/{uuid}") { request, context in
      let name = try PageRequest.part("uuid", context)
      return try await StudyAPI.translating { try await turns.turn { try await entry(name, try PageRequest(request, context, studies)) } }
    }
    router.get("/flows/{flow}") { request, context in
      let name = try PageRequest.part("flow", context)
      return try await StudyAPI.translating { try await turns.turn { try await flow(try PageRequest(request, context, studies, flow: name)) } }
    }
    router.get("/schedule") { request, context in
      try await StudyAPI.translating { try schedule(try PageRequest(request, context, studies)) }
    }
  }

  package func page(for problem: WebProblem, in context: WebContext) -> Response? {
    let values: [String: Any] = [
      "problem_title": problem.title, "detail": problem.detail, "offers_sign_in": problem.status == .unauthorized && !context.isSignedIn,
    ]
    let study = context.mayRead ? study(namedIn: context.query) : nil
    let frame =
      study.map { PageFrame.values(title: problem.title, section: "", $0, among: studies, here: "/", context) }
      ?? PageFrame.values(title: problem.title, hasFlows: !studies.isEmpty, context)
    var response = Response.page(templates.html(.problem, frame.merging(values) { $1 }), status: problem.status)
    for field in problem.headers { response.headers[field.name] = field.value }
    return response
  }

  /// The flow that a page about a problem is of: the one that was asked for, else the first; nil without flows.
  private func study(namedIn query: String) -> StudyAccess? {
    let name: String?
    do {
      name = try FormFields(query).first("flow")
    } catch {
      // The problem is about the query, which names no flow then.
      name = nil
    }
    return studies.first { $0.flow.name == name } ?? studies.first
  }

  /// The page of a server without flows.
  private func withoutFlow(_ context: WebContext) -> Response {
    let frame = PageFrame.values(title: "No flow", hasFlows: false, context)
    return Response.page(templates.html(.noflow, frame.merging(["command": "flowrun serve Flows/fitbit.yaml"]) { $1 }))
  }

  /// A page of one of the templates, with what stands around every page.
  func page(
    _ template: PageTemplates.Name, title: String, section: String, _ request: PageRequest, _ values: [String: Any],
    status: HTTPTypes.HTTPResponse.Status = .ok
  ) -> Response {
    .page(html(template, title: title, section: section, request, values), status: status)
  }

  func html(_ template: PageTemplates.Name, title: String, section: String, _ request: PageRequest, _ values: [String: Any]) -> String {
    templates.html(template, request.frame(title: title, section: section).merging(values) { $1 })
  }

  /// Which error entries there are; while a run is under way, as of a second ago at most. Throws `FileSystemError`.
  func entryNames() async throws -> [String] {
    guard try await turns.isRunUnderWay() else { return try await errors.names() }
    return try await names.value(true) { [errors] in try await errors.names() }
  }

  /// A page that is the same for all readers, as it was made for an earlier one or, when it is the reader's turn, anew.
  /// - Parameter make: given the request without the reader's CSRF token.
  func keptPage(
    _ request: PageRequest, _ basis: PageAge.Basis, _ make: @escaping @Sendable (PageRequest) async throws -> String
  ) async throws -> Response {
    let token = request.context.csrfToken
    let address = KeptPages.Address(flow: request.study.flow.name, uri: request.request.uri.string, hasSession: token != nil)
    let common = request.with(csrfToken: token.map { _ in kept.standIn })
    let page = try await kept.page(
      address, basis, isRunUnderWay: try await turns.isRunUnderWay(), turn: { [turns] body in try await turns.turn(isShared: true) { try await body() } }
    ) { try await make(common) }
    return page.answer(to: request.request, isSignedIn: request.context.isSignedIn, token: token)
  }

  // MARK: Schedule

  private func schedule(_ request: PageRequest) throws -> Response {
    let statuses = schedules(), scheduled = Set(statuses.map(\.flow))
    let unscheduled = studies.map(\.flow.name).filter { !scheduled.contains($0) }
    return page(.schedule, title: "Schedule", section: "/schedule", request, [
      "has_schedules": !statuses.isEmpty, "has_unscheduled": !unscheduled.isEmpty, "unscheduled": unscheduled.joined(separator: ", "),
      "schedules": statuses.map { status in
        var values: [String: Any] = [
          "flow": status.flow, "cron": status.cron, "zone": status.zone, "next": PageWords.time(status.next), "skipped": "\(status.counts.skipped)",
          "latest": status.problem.map { "\(PageWords.time(status.last)): \($0)" } ?? PageWords.time(status.last),
        ]
        if let run = status.lastRun { values["latest_href"] = PageRequest.link(["runs", run], [], flow: nil) }
        return values
      },
    ])
  }
}
