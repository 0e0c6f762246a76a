import FlowCore
import Foundation
import NIOCore

/// The consent page: `GET` shows it, `POST` submits the decision and redirects to the application.
struct AuthorizationEndpoint: Sendable {
  /// Fitbit's and Google's paths. Both lead to the page, whichever provider is simulated.
  static let paths: Set<String> = ["/oauth2/authorize", "/o/oauth2/v2/auth"]

  let population: Population
  let codes: AuthorizationCodes
  let client: SimulatorConfiguration.Client?
  let wording: ConsentWording
  /// The clock that determines the age of codes, in seconds.
  let now: @Sendable () -> Int

  func respond(to request: WireRequest) throws -> WireReply {
    switch AuthorizationRequest.reading(request.query, client: client, wording: wording) {
    case .request(let asked): return try respond(to: request, asked)
    case .page(let message): return WireReply(status: 400, html: message)
    case .redirect(let word, let uri, let state): return redirect(to: uri, [("error", word), ("state", state)])
    }
  }

  private func respond(to request: WireRequest, _ asked: AuthorizationRequest) throws -> WireReply {
    switch request.method {
    case "GET":
      let page = ConsentPage(request: asked, wording: wording, participants: population.participants.map(\.name))
      return page.reply(signedInAs: request.query["login_hint"])
    case "POST": return try decide(FormBody(request.body), asked)
    default: return WireReply(status: 405, html: "The method \(request.method) is not supported here.")
    }
  }

  private func decide(_ form: FormBody, _ asked: AuthorizationRequest) throws -> WireReply {
    func denied() -> WireReply {
      redirect(
        to: asked.redirectURI,
        [("error", "access_denied"), ("error_description", "The user denied the request."), ("state", asked.state)])
    }
    guard form["decision"] == "accept" else { return denied() }
    guard let participant = population.participants.first(where: { $0.name == form["participant"] }) else {
      return WireReply(status: 400, html: "There is no such participant.")
    }
    let chosen = asked.scopes.filter { form["scope.\($0)"] != nil }
    // The provider's button is disabled until a scope is selected.
    guard !chosen.isEmpty else { return denied() }
    let shared = chosen.flatMap { wording.parts(of: $0) ?? [] }.map(\.rawValue)
    let code = try codes.issue(
      AuthorizationCodes.Grant(request: asked, participant: participant.number, scopes: shared, issuedAt: now()))
    var parts: [(String, String?)] = [("code", code), ("state", asked.state)]
    if wording.api == .googleHealth { parts.append(("scope", chosen.joined(separator: " "))) }
    return redirect(to: asked.redirectURI, parts, fragment: wording.api == .fitbit ? "_=_" : nil)
  }

  private func redirect(to uri: String, _ parts: [(String, String?)], fragment: String? = nil) -> WireReply {
    var address = URLComponents(string: uri) ?? URLComponents()
    address.queryItems = (address.queryItems ?? []) + parts.compactMap { name, value in value.map { URLQueryItem(name: name, value: $0) } }
    address.fragment = fragment
    var reply = WireReply(status: 302, body: ByteBuffer())
    reply.contentType = "text/html; charset=utf-8"
    // `+` is literal in a URL's query but a space in a form, and parsers differ, so encode it.
    reply.headers = [("Location", (address.string ?? uri).replacing("+", with: "%2B")), ("Cache-Control", "no-store")]
    return reply
  }
}

/// The page's HTML.
struct ConsentPage {
  let request: AuthorizationRequest
  let wording: ConsentWording
  let participants: [String]

  func reply(signedInAs hint: String?) -> WireReply {
    let options = participants.map { "<option\($0 == hint ? " selected" : "")>\(Self.escaped($0))</option>" }.joined(separator: "\n")
    let boxes = request.scopes.map { scope in
      "<label><input type=\"checkbox\" name=\"scope.\(Self.escaped(scope))\" checked> \(Self.escaped(scope))</label>"
    }.joined(separator: "<br>\n")
    let title = wording.api == .fitbit ? "Simulated Fitbit" : "Simulated Google"
    var reply = WireReply(
      body: ByteBuffer(
        string: """
          <!DOCTYPE html>
          <html lang="en"><head><meta charset="utf-8"><title>\(title): consent</title></head>
          <body style="font-family: sans-serif; max-width: 32em; margin: 3em auto">
          <h1>\(title)</h1>
          <p>The application <b>\(Self.escaped(request.clientID))</b> asks for data of a simulated participant.</p>
          <form method="post">
          <p><label>Participant <select name="participant">
          \(options)
          </select></label></p>
          <p>\(boxes)</p>
          <p><button name="decision" value="accept">Allow</button> <button name="decision" value="deny">Deny</button></p>
          </form></body></html>

          """))
    reply.contentType = "text/html; charset=utf-8"
    reply.headers = [("Cache-Control", "no-store")]
    return reply
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
  }
}
