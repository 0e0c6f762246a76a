import FlowCore
import FlowRuntime
import Hummingbird

/// A request for a page, with the flow that it means.
struct PageRequest: Sendable {
  let request: Request
  private(set) var context: WebContext
  let query: FormFields
  let study: StudyAccess
  /// All served flows.
  let studies: [StudyAccess]

  /// - Parameter flow: of a form or of the path; nil: as the query says, else the first.
  /// - Throws: `WebProblem` (404) for an unknown flow, and (400) for a query that cannot be read.
  init(_ request: Request, _ context: WebContext, _ studies: [StudyAccess], flow: String? = nil) throws(WebProblem) {
    self.request = request
    self.context = context
    self.studies = studies
    query = try request.query()
    guard let first = studies.first else {
      throw .notFound("the server was started without a flow; start it with one, such as: flowrun serve Flows/fitbit.yaml")
    }
    let name = flow ?? query.first("flow") ?? ""
    guard !name.isEmpty else {
      study = first
      return
    }
    guard let study = studies.first(where: { $0.flow.name == name }) else {
      throw .notFound("there is no flow '\(name.prefix(100))'\(NearestName.hint(for: name, among: studies.map(\.flow.name)).map { "; \($0)" } ?? "")")
    }
    self.study = study
  }

  /// The same request with another CSRF token in forms.
  func with(csrfToken: String?) -> PageRequest {
    var request = self
    request.context.csrfToken = csrfToken
    return request
  }

  /// A part of the path, decoded. Throws a `WebProblem` (400) for what is not UTF-8.
  static func part(_ name: String, _ context: WebContext) throws -> String { try APIRequest.decoded(try context.parameters.require(name)) }

  /// A field of the query; nil also if it is empty.
  subscript(name: String) -> String? { query.first(name).flatMap { $0.isEmpty ? nil : $0 } }

  /// The address of a page about the same flow. Parts of the path are encoded.
  func link(_ path: [String], _ fields: [(String, String)] = []) -> String { Self.link(path, fields, flow: studies.count > 1 ? study.flow.name : nil) }

  static func link(_ path: [String], _ fields: [(String, String)], flow: String?) -> String {
    let query = PercentEncoding.encode(fields + (flow.map { [("flow", $0)] } ?? []))
    return "/" + path.map { PercentEncoding.encode($0) }.joined(separator: "/") + (query.isEmpty ? "" : "?" + query)
  }

  /// What every page shows around its own content.
  /// - Parameter section: the page's address in the navigation.
  func frame(title: String, section: String) -> [String: Any] {
    PageFrame.values(
      title: title, section: section, study, among: studies, here: request.method == .get ? request.uri.string : section, context)
  }
}

extension ServedFlow {
  /// The participants are those of the bundled simulator.
  var isSimulated: Bool { graph.parameters.contains { $0.name == "api" && $0.value == "simulator" } }
}
