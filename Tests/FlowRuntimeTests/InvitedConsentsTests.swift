import FlowCore
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import Testing

@Suite("Consents of invited participants", .timeLimit(.minutes(5)))
struct InvitedConsentsTests {
  /// A batch with an invited participant P1, and the pages' part without HTTP.
  private struct Bench {
    let batch: MemoryBatch
    let consents: InvitedConsents
    let code: String
    let log = Locked<[String]>([])

    init(
      flows: [String] = ["fitbit"], known more: String = #", "user_id": "A""#, _ answer: @escaping ScriptedTransport.Answer = { _ in .tokens("REFRESH-2", account: "A") }
    ) async throws {
      let batch = try MemoryBatch(flow: flows[0], answer)
      batch.enrol("P1", more)
      batch.enrol("P2", #", "user_id": "B""#)
      let link = try await InvitationIssue(try batch.batch, publicURL: "https://study.test", lifetime: .seconds(86_400)).run(["P1"]).links[0].link
      code = String(link.split(separator: "/").last ?? "")
      let graphs = try flows.map { flow in
        try MemoryBatch.load(flow, ["api": "http://provider.test", "client_id": "study", "participants": "batch", "database": "no-such-folder/study.sqlite"])
      }
      consents = try InvitedConsents(
        graphs, publicURL: "https://study.test", state: "state", on: batch.machine, network: { [machine = batch.machine] _ in machine },
        complain: { [log] line in log.withLock { $0.append(line) } })
      self.batch = batch
    }

    var logged: String { log.withLock { $0.joined(separator: "\n") } }
    func kind(_ outcome: ConsentOutcome) -> ConsentOutcome.Kind { outcome.kind }

    /// Presses the button; returns the parameters of the provider's page.
    func begin() async throws -> [String: String] {
      guard case .leave(let link) = await consents.begin(code).kind else { return [:] }
      let items = try #require(URLComponents(string: link)?.queryItems)
      return Dictionary(items.map { ($0.name, $0.value ?? "") }) { first, _ in first }
    }

    func take(_ state: String, code: String? = "CODE", error: String? = nil, sameBrowser: Bool = true, confirmed: Bool = false) async -> ConsentOutcome.Kind {
      await consents.take(
        .init(state: state, code: error == nil ? code : nil, error: error, invitationCode: sameBrowser ? self.code : nil, isConfirmed: confirmed)
      ).kind
    }

    var state: Invitation.State? {
      get async throws {
        let text = batch.files.text("batch/.invitations/P1.json") ?? ""
        return text.firstMatch(of: #/"state": "(\w+)",\n *"since"/#).flatMap { Invitation.State(rawValue: String($0.1)) }
      }
    }
  }

  @Test("the page says what is asked for; the button leads to the provider with PKCE, a state and the server's redirect")
  func begins() async throws {
    let bench = try await Bench()
    let before = bench.batch.files.text("batch/.invitations/P1.json")
    for _ in 0..<5 {
      guard case .invited(let question) = await bench.consents.visit(bench.code).kind else {
        Issue.record("no page")
        return
      }
      #expect(question.scopes.contains("heartrate") && question.expires == bench.batch.time.now + .seconds(86_400))
    }
    #expect(bench.batch.files.text("batch/.invitations/P1.json") == before, "opening the link changes nothing")
    let parameters = try await bench.begin()
    #expect(parameters["redirect_uri"] == "https://study.test/consent/callback" && parameters["code_challenge_method"] == "S256")
    #expect(parameters["code_challenge"]?.count == 43 && (parameters["state"]?.count ?? 0) > 64)
    #expect(parameters["login_hint"] == nil && !parameters.values.contains { $0.contains("P1") }, "a real provider does not learn the study's names")
    #expect(parameters.values.allSatisfy { !$0.contains(bench.code) }, "and not the code")
    #expect(try await bench.state == .opened)
    #expect(bench.batch.transport.requests.isEmpty)
  }

  @Test("flows of one batch ask once, for what all of them need")
  func union() async throws {
    let bench = try await Bench(flows: ["fitbit", "fitbit-nightly"])
    let scopes = try #require(try await bench.begin()["scope"]).split(separator: " ")
    #expect(scopes.contains("heartrate") && scopes.contains("sleep") && Set(scopes).count == scopes.count)
  }

  @Test("the answer is kept as authorize keeps it, the link is used up, and the same answer again says thank you again")
  func keeps() async throws {
    let bench = try await Bench { _ in .tokens("REFRESH-2", account: "A", scope: "activity heartrate profile settings") }
    let state = try #require(try await bench.begin()["state"])
    #expect(await bench.take(state) == .thanks)
    #expect(try bench.batch.file("P1").token.refreshToken == "REFRESH-2")
    #expect(try await bench.state == .consented)
    #expect(await bench.take(state) == .thanks)
    #expect(bench.batch.transport.requests.count == 1, "the code is sent once")
    #expect(await bench.consents.visit(bench.code).kind == .used)
    #expect(await bench.consents.begin(bench.code).kind == .used)
    #expect(bench.batch.files.text("batch/.invitations/P1.json")?.contains("code_verifier") == false)
    #expect(try await bench.batch.batch.statuses().first?.invitation?.state == .consented)
  }

  @Test("the same answer twice at once: one redeems the code, the other is told that it is done, and there is one consent")
  func twiceAtOnce() async throws {
    let bench = try await Bench()
    let time = bench.batch.time
    let waiting = Task { while !Task.isCancelled { time.advanceToNextTimer(); await Task.yield() } }
    let state = try #require(try await bench.begin()["state"])
    async let first = bench.take(state)
    async let second = bench.take(state)
    let kinds = await [first, second]
    waiting.cancel()
    #expect(kinds == [.thanks, .thanks])
    #expect(bench.batch.transport.requests.count == 1, "the code is sent once")
    #expect(try await bench.state == .consented)
    // The flow's database cannot be opened: the consent is kept all the same, and that the trail lacks it is said once.
    #expect(bench.log.withLock { $0.count } == 1 && bench.logged.contains("the consent of P1 is kept, but not in the audit trail"), "\(bench.logged)")
  }

  @Test("an answer that another one has overtaken between its check and its turn is not redeemed again")
  func overtaken() async throws {
    let batch = try MemoryBatch { _ in .tokens("REFRESH-2", account: "A") }
    batch.enrol("P1", #", "user_id": "A""#)
    let issued = try await InvitationIssue(try batch.batch, publicURL: "https://study.test", lifetime: .seconds(86_400)).run(["P1"])
    let code = try #require(issued.links[0].link.split(separator: "/").last.map(String.init))
    let invitation = "batch/.invitations/P1.json"
    // Runs when the answer has been found to be current, before the participant is held.
    let overtake = Locked<(@Sendable () -> Void)?>(nil)
    let consents = try InvitedConsents(
      [batch.graph], publicURL: "https://study.test", state: "state", on: batch.machine,
      network: { [machine = batch.machine] _ in
        overtake.withLock { $0 }?()
        return machine
      }, complain: { _ in })
    guard case .leave(let link) = await consents.begin(code).kind, let state = URLComponents(string: link)?.queryItems?.first(where: { $0.name == "state" })?.value else {
      Issue.record("no way to the provider")
      return
    }
    let answer = InvitedConsents.Answer(state: state, code: "CODE", error: nil, invitationCode: code)
    let opened = try #require(batch.files.text(invitation))
    #expect(await consents.take(answer).kind == .thanks)
    let consented = try #require(batch.files.text(invitation)), kept = batch.files.text("batch/P1.json")
    batch.files.put(invitation, opened)
    overtake.withLock { $0 = { [files = batch.files] in files.put(invitation, consented) } }
    #expect(await consents.take(answer).kind == .thanks)
    #expect(batch.transport.requests.count == 1, "the code is sent once")
    #expect(batch.files.text("batch/P1.json") == kept && batch.files.text(invitation) == consented)
  }

  @Test("a consent without a scope is kept; the page and the list name what is missing")
  func partial() async throws {
    let bench = try await Bench { _ in .tokens("REFRESH-2", account: "A", scope: "activity profile settings") }
    let state = try #require(try await bench.begin()["state"])
    #expect(await bench.take(state) == .partial(["heartrate"]))
    #expect(await bench.take(state) == .partial(["heartrate"]))
    #expect(try bench.batch.file("P1").token.refreshToken == "REFRESH-2")
    #expect(try await bench.batch.batch.statuses().first?.invitation?.lacking == ["heartrate"])
  }

  @Test("who refuses can change their mind with the same link")
  func refuses() async throws {
    let bench = try await Bench()
    let before = bench.batch.files.text("batch/P1.json")
    let state = try #require(try await bench.begin()["state"])
    #expect(await bench.take(state, error: "access_denied") == .declined)
    #expect(await bench.take(state, error: "access_denied") == .declined)
    #expect(try await bench.state == .refused)
    #expect(bench.batch.files.text("batch/P1.json") == before && bench.batch.transport.requests.isEmpty)
    let next = try #require(try await bench.begin()["state"])
    #expect(await bench.take(state) == .late, "the answer to the earlier request is over")
    #expect(await bench.take(next) == .thanks)
  }

  @Test("another account, or another participant's, changes nothing, and the link stays", arguments: ["X", "B"])
  func wrongAccount(_ account: String) async throws {
    let bench = try await Bench { _ in .tokens("REFRESH-2", account: account) }
    let before = bench.batch.files.text("batch/P1.json")
    let state = try #require(try await bench.begin()["state"])
    #expect(await bench.take(state) == .wrongAccount)
    #expect(bench.batch.files.text("batch/P1.json") == before)
    #expect(try await bench.state == .wrongAccount)
    #expect(bench.logged.contains("P1") && !bench.logged.contains("REFRESH"), "\(bench.logged)")
    #expect(try await !bench.begin().isEmpty)
  }

  struct Trouble: Sendable {
    var status: Int?
    var body = "{}"
    var error: TransportError?
    var expected: ConsentOutcome.Kind
    /// The same answer can be given again, with success.
    var canRepeat = false
  }

  @Test("what goes wrong at the provider has its own page, and the link stays", arguments: [
    Trouble(status: 400, body: #"{"errors": [{"errorType": "invalid_grant", "message": "used"}]}"#, expected: .lost),
    Trouble(error: TransportError(.connection, "lost"), expected: .lost),
    Trouble(status: 503, body: "busy", expected: .lost),
    Trouble(error: TransportError(.unreachable, "refused"), expected: .unreachable, canRepeat: true),
    Trouble(status: 401, body: #"{"errors": [{"errorType": "invalid_client", "message": "no"}]}"#, expected: .trouble, canRepeat: true),
  ])
  func trouble(_ trouble: Trouble) async throws {
    let isOver = Locked(false)
    let bench = try await Bench { request in
      if isOver.withLock({ $0 }) { return .tokens("REFRESH-2", account: "A") }
      if let error = trouble.error { throw error }
      return .json(trouble.status ?? 200, trouble.body)
    }
    // The waits between attempts.
    let time = bench.batch.time
    let waiting = Task { while !Task.isCancelled { time.advanceToNextTimer(); await Task.yield() } }
    defer { waiting.cancel() }
    let state = try #require(try await bench.begin()["state"])
    #expect(await bench.take(state) == trouble.expected)
    #expect(!bench.logged.isEmpty && !bench.logged.contains("CODE"), "\(bench.logged)")
    isOver.withLock { $0 = true }
    if trouble.canRepeat {
      #expect(await bench.take(state) == .thanks)
    } else {
      #expect(await bench.take(state) == .late)
      #expect(await bench.take(try #require(try await bench.begin()["state"])) == .thanks)
    }
  }

  @Test("an error of the provider's page that is no refusal is the study's to mend, and is logged")
  func pageError() async throws {
    let bench = try await Bench()
    #expect(await bench.take(try #require(try await bench.begin()["state"]), error: "redirect_uri_mismatch") == .trouble)
    #expect(bench.logged.contains("check client_id, redirect https://study.test/consent/callback"))
    #expect(try await bench.state == .opened)
  }

  @Test("a run that has the participant is waited for; if it takes long, the answer can be given again")
  func busy() async throws {
    let bench = try await Bench()
    let state = try #require(try await bench.begin()["state"])
    let run = try await bench.batch.hold("P1")
    let time = bench.batch.time
    let waiting = Task { while !Task.isCancelled { time.advanceToNextTimer(); await Task.yield() } }
    #expect(await bench.take(state) == .busy)
    waiting.cancel()
    #expect(bench.batch.transport.requests.isEmpty, "the code is not used")
    try await run.close()
    #expect(await bench.take(state) == .thanks)
  }

  @Test("another browser's answer counts if the account shows whose it is, or the participant says so")
  func otherBrowser() async throws {
    let known = try await Bench()
    #expect(await known.take(try #require(try await known.begin()["state"]), sameBrowser: false) == .thanks)
    let unknown = try await Bench(known: "")
    let state = try #require(try await unknown.begin()["state"])
    #expect(await unknown.take(state, sameBrowser: false) == .confirm)
    #expect(unknown.batch.transport.requests.isEmpty)
    #expect(await unknown.take(state, sameBrowser: false, confirmed: true) == .thanks)
  }

  @Test("nothing tells an unknown link from one that was replaced, removed, withdrawn, of a flow that is not served, or no code at all")
  func unknown() async throws {
    let bench = try await Bench()
    let state = try #require(try await bench.begin()["state"])
    let other = try InvitedConsents(
      [try MemoryBatch.load("google-health", ["api": "http://provider.test", "client_id": "study", "participants": "batch", "database": "no-such-folder/study.sqlite"])],
      publicURL: "https://study.test", state: "state", on: bench.batch.machine, network: { [machine = bench.batch.machine] _ in machine }, complain: { _ in })
    #expect(await other.visit(bench.code) == ConsentOutcome(.unknown))
    for code in ["", "x", "callback", String(repeating: "A", count: 22), "../P1.json", bench.code + "A"] {
      #expect(await bench.consents.visit(code) == ConsentOutcome(.unknown))
      #expect(await bench.consents.begin(code) == ConsentOutcome(.unknown))
      #expect(await bench.take(code) == .unknown)
      #expect(await bench.take(code + "." + state) == .unknown)
    }
    _ = try await InvitationIssue(try bench.batch.batch, publicURL: "https://study.test", lifetime: .seconds(60)).run(["P1"])
    #expect(await bench.consents.visit(bench.code) == ConsentOutcome(.unknown))
    #expect(await bench.take(state) == .unknown)
    #expect(bench.logged.isEmpty, "guesses do not fill the log")
  }

  @Test("who withdraws while the link is open is not asked any more")
  func withdrawn() async throws {
    let bench = try await Bench()
    let state = try #require(try await bench.begin()["state"])
    let text = try #require(bench.batch.files.text("batch/P1.json"))
    // Before the invitation was removed, as after a crash.
    bench.batch.files.put("batch/P1.json", text.replacing(#""participant": "P1""#, with: #""participant": "P1", "state": "withdrawn""#))
    #expect(await bench.consents.visit(bench.code) == ConsentOutcome(.unknown))
    #expect(await bench.take(state) == .unknown)
    #expect(bench.batch.transport.requests.isEmpty)
  }

  @Test("an expired link says so, and a request that began in time is still taken")
  func expired() async throws {
    let bench = try await Bench()
    bench.batch.time.advance(by: .seconds(86_390))
    let state = try #require(try await bench.begin()["state"])
    bench.batch.time.advance(by: .seconds(20))
    #expect(await bench.consents.visit(bench.code).kind == .expired)
    #expect(await bench.consents.begin(bench.code).kind == .expired)
    #expect(await bench.take(state) == .thanks)
    #expect(await bench.consents.visit(bench.code).kind == .used)
  }

  @Test("a consent by flowrun authorize uses up the link")
  func authorize() async throws {
    let bench = try await Bench()
    let request = Authorization.Request(participant: "P1", port: 8765, state: "state")
    let link = try await Authorization(request, graph: bench.batch.graph, on: bench.batch.machine).link()
    let state = try #require(URLComponents(string: link)?.queryItems?.first { $0.name == "state" }?.value)
    _ = try await Authorization(request, graph: bench.batch.graph, on: bench.batch.machine).continueWithCode("http://127.0.0.1:8765/?code=C&state=\(state)")
    #expect(await bench.consents.visit(bench.code).kind == .used)
  }

  @Test("whatever call to the disk fails while an answer is taken, the consent is kept or the link works again", .timeLimit(.minutes(5)))
  func disk() async throws {
    let counting = try await Bench()
    let first = try #require(try await counting.begin()["state"])
    counting.batch.files.set(nil)
    #expect(await counting.take(first) == .thanks)
    for call in stride(from: 1, through: counting.batch.files.calls.count, by: 3) {
      let bench = try await Bench()
      let time = bench.batch.time
      let waiting = Task { while !Task.isCancelled { time.advanceToNextTimer(); await Task.yield() } }
      defer { waiting.cancel() }
      let state = try #require(try await bench.begin()["state"])
      bench.batch.files.set(.failure(call: call))
      let kind = await bench.take(state)
      bench.batch.files.set(nil)
      let isKept = try bench.batch.file("P1").token.refreshToken == "REFRESH-2"
      #expect((kind == .thanks) == isKept || kind == .trouble, "call \(call): \(kind)")
      if !isKept { #expect(await bench.take(try #require(try await bench.begin()["state"])) == .thanks, "call \(call)") }
    }
  }
}
