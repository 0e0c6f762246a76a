import FlowCore
import FlowRuntime
import HTTPTypes
import Hummingbird
import Mustache
import StudyReport
import NIOCore

/// The pages on which invited participants consent: `/consent/CODE` and `/consent/callback`. They need no token, and tell nothing of the study
/// beyond what the invitation's holder is asked for.
package struct ConsentPart: SitePart {
  static let path = "/consent"
  static let stylePath = "/consent/consent.css"

  private let consents: InvitedConsents
  private let texts: ConsentTexts
  private let isTLS: Bool
  private let time: any TimeSource
  private let throttle = Locked(ConsentThrottle())
  private let template: MustacheTemplate

  /// Throws if the template is not well formed.
  package init(_ consents: InvitedConsents, texts: ConsentTexts, publicURL: PublicURL, time: any TimeSource) throws {
    self.consents = consents
    self.texts = texts
    self.time = time
    isTLS = publicURL.isTLS
    template = try Self.template()
  }

  static func template() throws -> MustacheTemplate { try PageTemplate.make(PackageResources.consent_mustache) }

  /// Says in each batch where its links lead, for `flowrun participants invite`.
  func announce() async { await consents.announce() }

  /// Waits for the answers under way. Called once the server has ended.
  func close() async { await consents.close() }

  package var publicPaths: [String] { [Self.path] }

  package func addRoutes(to router: Router<WebContext>) {
    router.get("/consent/consent.css") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "text/css; charset=utf-8", .cacheControl: "public, max-age=3600"],
        body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.consent_css)))
    }
    router.get("/consent/callback") { request, context in
      let query = try request.query()
      return await self.answer(Self.answer(query, request, isConfirmed: false), context)
    }
    router.post("/consent/callback") { request, context in
      let form = try await request.form()
      return await self.answer(Self.answer(form, request, isConfirmed: form.first("confirmed") == "yes"), context)
    }
    // A program that previews the link may ask with GET as often as it likes: only the button begins a request.
    router.get("/consent/:code") { _, context in
      let code = context.parameters.get("code") ?? ""
      return await self.unlessSlowed(context) { self.page(await self.consents.visit(code), link: "/consent/" + code) }
    }
    router.post("/consent/:code") { _, context in
      let code = context.parameters.get("code") ?? ""
      return await self.unlessSlowed(context) { await self.begin(code) }
    }
  }

  /// Below its path a participant sees no page of the study's, whatever is wrong.
  package func page(for problem: WebProblem, in context: WebContext) -> Response? {
    guard context.path == Self.path || context.path.hasPrefix(Self.path + "/") else { return nil }
    var view = ConsentView(ConsentOutcome(problem.status == .notFound ? .unknown : .trouble), texts)
    view.status = problem.status.code
    var response = response(view)
    for field in problem.headers { response.headers[field.name] = field.value }
    return response
  }

  // MARK: Answers

  private func begin(_ code: String) async -> (ConsentOutcome, Response) {
    let outcome = await consents.begin(code)
    guard case .leave(let page) = outcome.kind else { return self.page(outcome, link: "/consent/" + code) }
    var response = Response.redirected(to: page)
    response.headers[.setCookie] = cookie(code)
    return (outcome, response)
  }

  private func answer(_ answer: InvitedConsents.Answer, _ context: WebContext) async -> Response {
    await unlessSlowed(context) {
      let outcome = await consents.take(answer)
      var surroundings = ConsentView.Surroundings(link: answer.invitationCode.flatMap(Self.link))
      surroundings.answer = [("state", answer.state), ("code", answer.code ?? "")]
      return page(outcome, surroundings)
    }
  }

  private static func answer(_ fields: FormFields, _ request: Request, isConfirmed: Bool) -> InvitedConsents.Answer {
    InvitedConsents.Answer(
      state: fields.first("state") ?? "", code: fields.first("code"), error: fields.first("error"), invitationCode: invitationCode(request.headers),
      isConfirmed: isConfirmed)
  }

  private func page(_ outcome: ConsentOutcome, link: String) -> (ConsentOutcome, Response) { page(outcome, ConsentView.Surroundings(link: link)) }

  private func page(_ outcome: ConsentOutcome, _ surroundings: ConsentView.Surroundings) -> (ConsentOutcome, Response) {
    var response = response(ConsentView(outcome, texts, surroundings))
    if case .invited(let question) = outcome.kind { response.headers[.contentSecurityPolicy] = Self.policy(leadingTo: question.page) }
    if [.busy, .unreachable].contains(outcome.kind) { response.headers[.retryAfter] = "60" }
    return (outcome, response)
  }

  private func response(_ view: ConsentView) -> Response {
    var response = Response.page(view.html(template, texts), status: HTTPResponse.Status(code: view.status))
    response.headers[HTTPField.Name("X-Robots-Tag").unsafelyKnown] = "noindex, nofollow"
    return response
  }

  /// The server's policy, except that the answer to the form may lead to the provider: browsers hold the redirects that follow a form to
  /// `form-action`, and a provider sends the browser on between hosts of its own.
  static func policy(leadingTo page: String) -> String {
    let provider = page.hasPrefix("https://") ? "https:" : page.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "//").withoutPort + ":*"
    return "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self' \(provider); frame-ancestors 'none'; base-uri 'none'"
  }

  // MARK: The browser

  /// Says which link this browser has opened. It comes back with the provider's redirect, which another site begins: hence `Lax`.
  private func cookie(_ code: String) -> String {
    "\(Self.cookieName)=\(code); Path=/consent; Max-Age=3600; HttpOnly; SameSite=Lax" + (isTLS ? "; Secure" : "")
  }

  private static let cookieName = "flowrun-consent"

  private static func invitationCode(_ headers: HTTPFields) -> String? {
    for pair in headers[values: .cookie].flatMap({ $0.split(separator: ";") }) {
      let parts = pair.split(separator: "=", maxSplits: 1).map { $0.drop { $0 == " " } }
      if parts.count == 2, parts[0] == cookieName { return String(parts[1]) }
    }
    return nil
  }

  /// nil for what cannot be a code.
  private static func link(_ code: String) -> String? { InvitedConsents.isCode(code) ? "/consent/" + code : nil }

  // MARK: Guesses

  private func unlessSlowed(_ context: WebContext, _ body: () async -> (ConsentOutcome, Response)) async -> Response {
    let client = context.client, start = time.monotonic
    if let seconds = throttle.withLock({ $0.wait(of: client, now: start) }) { return slow(seconds) }
    let (outcome, response) = await body()
    let end = time.monotonic
    let seconds: Int64? = throttle.withLock { throttle in
      switch outcome.kind {
      case .unknown: return throttle.failed(client, now: end)
      // Says nothing of the link.
      case .trouble: return nil
      default:
        throttle.succeeded(client, now: end)
        return nil
      }
    }
    return seconds.map(slow) ?? response
  }

  private func slow(_ seconds: Int64) -> Response {
    var response = response(.slow(texts))
    response.headers[.retryAfter] = String(seconds)
    return response
  }
}

extension String {
  /// `http://127.0.0.1` of `http://127.0.0.1:8080`.
  fileprivate var withoutPort: String {
    guard let colon = lastIndex(of: ":"), self[index(after: colon)...].allSatisfy(\.isNumber), index(after: colon) < endIndex else { return self }
    return String(self[..<colon])
  }
}
