import FlowCore
import FlowFileSystem
import FlowRuntime
import FlowTesting
import StudyWeb

/// A server on a free port of this machine, with the API over a collected batch.
final class ServerUnderTest: Sendable {
  static let token = "0123-a-token-of-the-tests-4567"

  let port: Int
  let desk: DeskDouble
  /// Every line that the server's log would have.
  let lines: Locked<[String]>

  private init(port: Int, desk: DeskDouble, lines: Locked<[String]>) {
    self.port = port
    self.desk = desk
    self.lines = lines
  }

  /// Runs a body against a server, which ends with it.
  /// - Parameters:
  ///   - serves: the flows; nil: that of the collected batch.
  ///   - address: what the server is told it listens on; it listens on 127.0.0.1 all the same.
  ///   - readingNeedsToken: as with `--token-file`.
  static func run<Result: Sendable>(
    serves: [ServedFlow]? = nil, readingNeedsToken: Bool = false, publicURL: String? = nil, isMadeUp: Bool = false, parts: [any SitePart] = [], time: (any TimeSource)? = nil,
    idleTime: Duration = .seconds(60), readerTime: Duration = .seconds(60),
    _ body: @Sendable (ServerUnderTest) async throws -> Result
  ) async throws -> Result {
    let batch = try await CollectedBatch.shared.value
    var machine = Machine.here(POSIXFileSystem())
    if let time { machine.time = time }
    let desk = DeskDouble(), lines = Locked<[String]>([])
    let log: @Sendable (String) -> Void = { line in lines.withLock { $0.append(line) } }
    let studies = try (serves ?? [batch.served]).map { try StudyAccess($0, on: machine) }, counts = RequestCounts()
    let errors = studies.first?.flow.errors ?? batch.served.errors, history = studies.first?.history ?? RunRecords(folder: batch.served.state, on: machine)
    let rules = AccessRules(
      address: ListenAddress(host: "127.0.0.1", port: 0), publicURL: publicURL.flatMap { PublicURL($0) }, readingNeedsToken: readingNeedsToken)
    let gatekeeper = Gatekeeper(rules: rules, token: AccessToken(token), isMadeUp: isMadeUp, time: machine.time, random: SystemRandomSource())
    let api = StudyAPI(
      studies, desk: desk, errors: errors, history: history, metrics: [counts], sessionCookie: gatekeeper.cookieName,
      readingNeedsToken: readingNeedsToken, on: machine, complain: log)
    let assets = AssetsPart(fileSystem: machine.fileSystem)
    let pages = try StudyPages(
      studies, desk: desk, errors: errors, history: history, hasDygraphs: assets.hasDygraphs, on: machine)
    let server = WebServer(
      gatekeeper, parts: parts + [try SignInPart(gatekeeper), api, try DocsPart(api, publicURL: rules.publicURL), assets, pages], counts: counts, idleTime: idleTime,
      readerTime: readerTime, on: machine, complain: log, note: log)
    let (ports, port) = AsyncStream.makeStream(of: Int.self)
    let serving = Task {
      defer { port.finish() }
      try await server.run { port.yield($0.port) }
    }
    var found: Int?
    for await port in ports {
      found = port
      break
    }
    guard let found else {
      try await serving.value
      throw BrokenServer()
    }
    let outcome: Swift.Result<Result, any Error>
    do {
      outcome = .success(try await body(ServerUnderTest(port: found, desk: desk, lines: lines)))
    } catch {
      outcome = .failure(error)
    }
    serving.cancel()
    _ = await serving.result
    for study in studies { try await study.close() }
    return try outcome.get()
  }

  struct BrokenServer: Error {}

  /// Sends a request and reads its answer.
  /// - Parameters:
  ///   - headers: after `Host`, unless they have one.
  func ask(
    _ target: String, method: String = "GET", headers: [String: String] = [:], body: String? = nil, token: String? = nil, json: Bool = true
  ) async throws -> TestAnswer {
    var lines = ["\(method) \(target) HTTP/1.1"]
    if headers["Host"] == nil { lines.append("Host: 127.0.0.1:\(port)") }
    lines += headers.map { "\($0): \($1)" }
    if let token { lines.append("Authorization: Bearer \(token)") }
    if let body {
      lines.append("Content-Length: \(body.utf8.count)")
      if headers["Content-Type"] == nil { lines.append("Content-Type: \(json ? "application/json" : "application/x-www-form-urlencoded")") }
    }
    lines.append("Connection: close")
    return try await exchange(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
  }

  func exchange(_ text: String) async throws -> TestAnswer {
    let client = try RawClient(port: port)
    try await client.send(text)
    let raw = try await client.receiveAll()
    guard let answer = TestAnswer(raw) else { throw NoAnswer(raw: String(decoding: raw, as: UTF8.self)) }
    return answer
  }

  struct NoAnswer: Error {
    var raw: String
  }

  /// Signs in with a form and returns the value of `Cookie`.
  func signIn() async throws -> String {
    let answer = try await ask("/sign-in", method: "POST", body: "token=\(Self.token)", json: false)
    guard let field = answer.headers["set-cookie"] else { throw NoAnswer(raw: answer.text) }
    return String(field.prefix { $0 != ";" })
  }
}
