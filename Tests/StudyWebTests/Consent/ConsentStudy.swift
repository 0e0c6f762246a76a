import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowRuntime
import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import StudyWeb

/// A batch whose first participants have yet to consent, on a simulator that answers over HTTP, and a server with the consent pages.
final class ConsentStudy: Sendable {
  /// What the pages are told to be reached under; the browser of the tests goes to the port that the server has.
  static let publicURL = "http://127.0.0.1:1"
  static let client = "client-secret-of-the-consent-tests"

  let folder: TemporaryFolder
  let simulator: Simulator
  let graph: FlowGraph
  let log = Locked<[String]>([])
  let time: any TimeSource

  init(flow: String = "fitbit", participants: Int = 3, time: any TimeSource = DispatchTimeSource(), _ change: (inout SimulatorConfiguration) -> Void = { _ in }) async throws {
    folder = try TemporaryFolder()
    self.time = time
    var configuration = SimulatorConfiguration()
    if flow.hasPrefix("google") { configuration.api = .googleHealth }
    configuration.participants = participants
    configuration.days = 1
    configuration.rateLimit = 10_000
    change(&configuration)
    simulator = try Simulator(configuration)
    let url = try await simulator.start()
    let parameters = [
      "api": url, "client_id": "study", "client_secret": Self.client, "participants": folder.path("participants"), "database": folder.path("study.sqlite"), "detail": "1min",
    ]
    graph = try FlowCatalog.loader(on: .here()).load(
      bytes: try POSIXFileSystem().read(SourceRoot.path + "/Flows/\(flow).yaml"), file: "Flows/\(flow).yaml",
      given: parameters.mapValues { ParameterValue(text: $0, isFromFile: true) }).get()
    try simulator.writeParticipants(to: folder.path("participants"), markedAsSimulator: false)
    for enrolment in try simulator.enrolments().prefix(participants - 1) { try forget(enrolment) }
  }

  /// The participant has a file without a token.
  private func forget(_ enrolment: SimulatedEnrolment) throws {
    let text = """
      {"participant": "\(enrolment.participant)", "previous_sync": "\(enrolment.previousSync)", "token": {"state": "needs_consent"}}
      """
    try text.write(toFile: file(enrolment.participant), atomically: true, encoding: .utf8)
  }

  func file(_ participant: String) -> String { folder.path("participants/\(participant).json") }
  func text(_ participant: String) throws -> String { try String(contentsOfFile: file(participant), encoding: .utf8) }

  /// - Parameter agoSeconds: how long ago the link was made.
  func invite(_ participants: [String] = [], agoSeconds: Int64 = 0, lifetime: Duration = .seconds(3600)) async throws -> [String] {
    var machine = Machine.here()
    machine.time = ManualTime(now: Instant(seconds: time.now.seconds - agoSeconds))
    let batch = try ParticipantBatch(graph, on: machine)
    return try await InvitationIssue(batch, publicURL: Self.publicURL, lifetime: lifetime).run(participants).links.map { String($0.link.dropFirst(Self.publicURL.count)) }
  }

  func statuses() async throws -> [String: InvitationStatus] {
    let statuses = try await ParticipantBatch(graph, on: .here()).statuses()
    return Dictionary(uniqueKeysWithValues: statuses.compactMap { status in status.invitation.map { (status.participant, $0) } })
  }

  func collect(_ participant: String) async throws -> RunReport {
    try await Run(
      RunRequest(
        graph: graph, errors: folder.path("errors"), state: folder.path("state"), selection: ParticipantSelection(patterns: [participant])),
      on: .running(graph)
    ).run()
  }

  /// Runs a body with the server's pages in a browser.
  func serving<Result: Sendable>(
    texts: ConsentTexts = .standard, _ body: @Sendable (ConsentBrowser) async throws -> Result
  ) async throws -> Result {
    var machine = Machine.here()
    machine.time = time
    guard let publicURL = PublicURL(Self.publicURL) else { preconditionFailure("the address is one") }
    let consents = try InvitedConsents([graph], publicURL: publicURL.origin, state: folder.path("state"), on: machine) { [log] line in log.withLock { $0.append(line) } }
    let part = try ConsentPart(consents, texts: texts, publicURL: publicURL, time: time)
    let result = try await ServerUnderTest.run(readingNeedsToken: true, publicURL: Self.publicURL, parts: [part]) { server in
      let result = try await body(ConsentBrowser(server: server))
      self.log.withLock { $0 += server.lines.withLock { $0 } }
      return result
    }
    await consents.close()
    return result
  }
}

/// A participant's browser: keeps cookies, goes where pages send it.
final class ConsentBrowser: Sendable {
  let server: ServerUnderTest
  private let cookies = Locked<[String: String]>([:])
  /// Everything that the server has answered.
  let seen = Locked<[UInt8]>([])
  /// Of the requests, as a proxy says it.
  private let address = Locked("192.0.2.1")

  init(server: ServerUnderTest) { self.server = server }

  func move(to address: String) { self.address.withLock { $0 = address } }
  func forgetCookies() { cookies.withLock { $0 = [:] } }

  func ask(_ target: String, method: String = "GET", body: String? = nil, headers: [String: String] = [:]) async throws -> TestAnswer {
    var headers = ["Accept": "text/html", "X-Forwarded-For": address.withLock { $0 }].merging(headers) { $1 }
    let jar = cookies.withLock { $0 }
    if !jar.isEmpty { headers["Cookie"] = jar.map { "\($0.key)=\($0.value)" }.joined(separator: "; ") }
    let answer = try await server.ask(target, method: method, headers: headers, body: body, json: false)
    seen.withLock { $0 += answer.raw }
    if let field = answer.headers["set-cookie"], let pair = field.split(separator: ";").first {
      let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
      cookies.withLock { $0[parts[0]] = parts.count > 1 ? parts[1] : "" }
    }
    return answer
  }

  /// Presses the page's button; returns the address of the provider's page.
  func press(_ link: String) async throws -> String {
    let answer = try await ask(link, method: "POST", body: "")
    guard answer.status == 303, let location = answer.headers["location"] else { throw ServerUnderTest.NoAnswer(raw: answer.text) }
    return location
  }

  /// Decides on the simulator's page; returns path and query of the callback.
  func decide(_ page: String, as participant: String?, leavingOut: Set<String> = []) async throws -> String {
    let parts = page.split(separator: "/", maxSplits: 2)
    guard parts.count == 3, let port = parts[1].split(separator: ":").last.flatMap({ Int($0) }) else { throw ServerUnderTest.NoAnswer(raw: page) }
    var form = ["decision=\(participant == nil ? "deny" : "accept")", "participant=\(participant ?? "")"]
    let asked = URLComponents(string: page)?.queryItems?.first { $0.name == "scope" }?.value ?? ""
    for scope in asked.split(separator: " ") where !leavingOut.contains(String(scope)) {
      form.append("scope." + (String(scope).addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "") + "=on")
    }
    let body = form.joined(separator: "&")
    let client = try RawClient(port: port)
    try await client.send(
      "POST /\(parts[2]) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)")
    let raw = try await client.receiveAll()
    guard let answer = TestAnswer(raw), let location = answer.headers["location"] else { throw ServerUnderTest.NoAnswer(raw: String(decoding: raw, as: UTF8.self)) }
    return String(location.dropFirst(ConsentStudy.publicURL.count).prefix { $0 != "#" })
  }
}

extension TestAnswer {
  /// The page's heading.
  var heading: String { text.firstMatch(of: #/<h1>([^<]*)</h1>/#).map { String($0.1) } ?? "" }
}
