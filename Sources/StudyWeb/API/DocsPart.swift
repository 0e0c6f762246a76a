import FlowCore
import HTTPTypes
import Hummingbird

/// The page that describes the API: its operations, each with an example and a form that sends it. Made from the operations, as their document is.
package struct DocsPart: SitePart {
  private let operations: [APIOperation]
  private let studies: [StudyAccess]
  private let readingNeedsToken: Bool
  private let publicURL: PublicURL?
  private let templates: PageTemplates

  /// - Parameter publicURL: the address under which people reach the server; nil: as they name it.
  /// - Throws: what the template engine throws for a template that is not well formed.
  package init(_ api: StudyAPI, publicURL: PublicURL? = nil) throws {
    self.publicURL = publicURL
    operations = api.operations
    studies = api.studies
    readingNeedsToken = api.readingNeedsToken
    templates = try PageTemplates([.layout, .docs])
  }

  package func addRoutes(to router: Router<WebContext>) {
    router.get("/docs") { request, context in Response.page(templates.html(.docs, try page(request, context))) }
    // A form cannot put its fields into a path: it is sent here, and sent on.
    router.get("/docs/try/{operation}") { request, context in
      let operation = try operation(context, .get), fields = try request.query()
      let query = operation.parameters.filter { $0.place == .query }.flatMap { parameter in
        fields.values(parameter.name).filter { !$0.isEmpty }.map { (parameter.name, $0) }
      }
      return Response.redirected(to: try path(of: operation, fields) + (query.isEmpty ? "" : "?" + PercentEncoding.encode(query)))
    }
    router.post("/docs/try/{operation}") { request, context in
      let operation = try operation(context, .post), path = try path(of: operation, try await request.form())
      // 307: the form goes there as it is.
      return Response(status: .temporaryRedirect, headers: [.location: path])
    }
  }

  private func operation(_ context: WebContext, _ method: APIOperation.Method) throws -> APIOperation {
    let id = try context.parameters.require("operation")
    guard let operation = operations.first(where: { $0.id == id && $0.method == method }) else {
      throw WebProblem.notFound("there is no operation '\(id.prefix(100))'; /docs lists them")
    }
    return operation
  }

  private func path(of operation: APIOperation, _ fields: FormFields) throws(WebProblem) -> String {
    var path = operation.fullPath
    for parameter in operation.parameters where parameter.place == .path {
      guard let value = fields.first(parameter.name), !value.isEmpty else { throw .badRequest("the field '\(parameter.name)' is empty: \(parameter.text)") }
      path = path.replacing("{\(parameter.name)}", with: PercentEncoding.encode(value))
    }
    return path
  }

  // MARK: The page

  private func page(_ request: Request, _ context: WebContext) throws -> [String: Any] {
    let server = server(request)
    let frame =
      studies.isEmpty
      ? PageFrame.values(title: "API", hasFlows: false, context) : try PageRequest(request, context, studies).frame(title: "API", section: "/docs")
    return frame.merging([
      "operations": operations.map { operation($0, context, server) }, "is_signed_in": context.csrfToken != nil, "root": StudyAPI.root,
      "reading_needs_token": readingNeedsToken, "variable": Self.tokenVariable,
    ]) { $1 }
  }

  /// The server's address as this reader reaches it, without a path. The name has been checked.
  private func server(_ request: Request) -> String {
    let host = request.head.authority ?? ListenAddress.standard.urlHost
    if let publicURL, Authority(host)?.host == publicURL.authority.host { return publicURL.origin }
    return "http://\(host)"
  }

  private func operation(_ operation: APIOperation, _ context: WebContext, _ server: String) -> [String: Any] {
    let isGet = operation.method == .get
    let parameters = operation.parameters.map { field(operation, $0.name, $0.text, isRequired: $0.isRequired, example: $0.example, kinds: Self.kinds($0.schema)) }
    let fields = operation.body.map { body in
      body.fields.map { member in
        field(
          operation, member.name, member.text, isRequired: false, example: member.start,
          kinds: APISchemas.member(member.name, of: body.schema).map(Self.kinds) ?? [])
      }
    } ?? []
    let needsPath = operation.parameters.contains { $0.place == .path }
    return [
      "id": operation.id, "method": operation.method.rawValue.uppercased(), "path": operation.fullPath, "summary": operation.summary,
      "text": Self.plain(operation.text), "fields": parameters + fields, "has_fields": !(parameters + fields).isEmpty, "example": example(operation, server),
      "answers": OpenAPIDocument.answers(of: operation).map { ["status": String($0.status), "text": Self.plain($0.text)] },
      "form_method": isGet ? "get" : "post", "form_action": isGet || needsPath ? "/docs/try/\(operation.id)" : operation.fullPath,
      "can_send": isGet || context.csrfToken != nil, "csrf_token": isGet ? "" : context.csrfToken ?? "", "is_change": !isGet,
    ]
  }

  private func field(
    _ operation: APIOperation, _ name: String, _ text: String, isRequired: Bool, example: String, kinds: [String]
  ) -> [String: Any] {
    [
      "name": name, "text": Self.plain(text), "is_required": isRequired, "example": example, "id": "\(operation.id)-\(name)", "has_choices": !kinds.isEmpty,
      "choices": kinds.map { ["value": $0, "is_chosen": $0 == example] as [String: Any] },
    ]
  }

  /// The values of a choice.
  private static func kinds(_ schema: DocumentValue) -> [String] {
    if schema["type"] == "boolean" { return ["true", "false"] }
    guard case .list(let values)? = schema["enum"] else { return [] }
    return values.compactMap(\.string)
  }

  /// Where the commands that the page shows take the token from.
  private static let tokenVariable = "FLOWRUN_TOKEN"

  /// A command that can be pasted.
  private func example(_ operation: APIOperation, _ server: String) -> String {
    var path = operation.fullPath
    for parameter in operation.parameters where parameter.place == .path {
      path = path.replacing("{\(parameter.name)}", with: parameter.example.isEmpty ? "RUN" : parameter.example)
    }
    let query = operation.parameters.filter { $0.place == .query && !$0.example.isEmpty }.map { ($0.name, $0.example) }
    let address = server + path + (query.isEmpty ? "" : "?" + PercentEncoding.encode(query)), isChange = operation.method == .post
    let token = isChange || readingNeedsToken ? " -H \"Authorization: Bearer $\(Self.tokenVariable)\"" : ""
    let body = operation.body.map { " -H 'Content-Type: application/json' -d '\($0.example)'" } ?? (isChange ? " -X POST" : "")
    return "curl\(token)\(body) '\(address)'"
  }

  /// Without the marks of code, which the page does not show.
  private static func plain(_ text: String) -> String { text.replacing("`", with: "") }
}
