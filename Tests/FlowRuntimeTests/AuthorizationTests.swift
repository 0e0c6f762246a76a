import FlowCore
import FlowHTTP
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import StudyParticipants
import Testing

@Suite("A consent as a value", .timeLimit(.minutes(5)))
struct AuthorizationTests {
  private static func request(port: Int = 8765, otherAccount: Bool = false) -> Authorization.Request {
    Authorization.Request(participant: "P1", port: port, takesOtherAccount: otherAccount, state: "state")
  }

  /// The address to which the browser is sent, for a link.
  private func address(for link: String, code: String = "CODE") throws -> String {
    let items = try #require(URLComponents(string: link)?.queryItems)
    func value(_ name: String) -> String { items.first { $0.name == name }?.value ?? "" }
    return "\(value("redirect_uri"))?code=\(code)&state=\(value("state"))#_=_"
  }

  /// Asks for a link and goes on with its answer.
  private func consent(_ bench: MemoryBatch, otherAccount: Bool = false) async throws -> Authorization.Report {
    let request = Self.request(otherAccount: otherAccount)
    let link = try await Authorization(request, graph: bench.graph, on: bench.machine).link()
    return try await Authorization(request, graph: bench.graph, on: bench.machine).continueWithCode(address(for: link))
  }

  private var consents: (MemoryBatch) -> [String] { { $0.files.paths().filter { $0.hasPrefix("state/consent/") } } }

  // MARK: What it gives

  @Test("a new participant is enrolled, missing scopes are reported, and no consent is left pending")
  func enrols() async throws {
    let bench = try MemoryBatch { _ in .tokens("REFRESH-2", account: "A", scope: "activity profile settings") }
    let report = try await consent(bench)
    #expect(report.created && report.file == "batch/P1.json" && report.state == "active")
    #expect(report.refused.contains("heartrate") && report.granted?.contains("activity") == true)
    #expect(try bench.file("P1").token.refreshToken == "REFRESH-2")
    #expect(try bench.file("P1").account == "A")
    #expect(consents(bench) == [])
  }

  @Test("the response to another request changes nothing, and the pending one stays valid")
  func wrongState() async throws {
    let bench = try MemoryBatch { _ in .tokens("REFRESH-2", account: "A") }
    bench.enrol("P1")
    let before = bench.files.text("batch/P1.json")
    let link = try await Authorization(Self.request(), graph: bench.graph, on: bench.machine).link()
    let good = try address(for: link)
    let error = await #expect(throws: ConsentFailure.self) {
      try await Authorization(Self.request(), graph: bench.graph, on: bench.machine).continueWithCode(good.replacing("state=", with: "state=x"))
    }
    #expect(error?.reason == .foreign && error?.description.contains("another request") == true)
    #expect(bench.transport.requests.isEmpty && bench.files.text("batch/P1.json") == before)
    _ = try await Authorization(Self.request(), graph: bench.graph, on: bench.machine).continueWithCode(good)
    #expect(try bench.file("P1").token.refreshToken == "REFRESH-2")
  }

  @Test("on a full disk the code is not used, and the consent stays pending")
  func full() async throws {
    var bench = try MemoryBatch { _ in .tokens("REFRESH-2", account: "A") }
    bench.files = MemoryFileSystem(folders: ["batch", "state", "state/consent"], free: 100 << 10)
    let error = await #expect(throws: StopRun.self) { try await consent(bench) }
    #expect(error?.cause == .disk && error?.message.contains("100 KB are free") == true, "\(error?.message ?? "")")
    #expect(bench.transport.requests.isEmpty && consents(bench).count == 1)
  }

  @Test("another account than the participant's changes nothing unless requested")
  func otherAccount() async throws {
    let bench = try MemoryBatch { _ in .tokens("REFRESH-2", account: "B") }
    bench.enrol("P1", #", "user_id": "A""#)
    let before = bench.files.text("batch/P1.json")
    let error = await #expect(throws: ConsentFailure.self) { try await consent(bench) }
    #expect(error?.reason == .otherAccount)
    #expect(bench.files.text("batch/P1.json") == before)
    _ = try await consent(bench, otherAccount: true)
    #expect(try bench.file("P1").account == "B")
  }

  @Test("tokens that turn out to belong to another account are revoked: the file is restored")
  func restored() async throws {
    let bench = try MemoryBatch(flow: "google-health") { request in
      request.url.contains("/identity") ? .json(200, #"{"healthUserId": "B"}"#) : .tokens("REFRESH-2")
    }
    bench.enrol("P1", #", "user_id": "A", "oauth_type": "google""#)
    let before = try bench.file("P1")
    await #expect(throws: ConsentFailure.self) { try await consent(bench) }
    #expect(try bench.file("P1") == before)
    #expect(bench.transport.requests.last?.url.contains("/identity") == true)
  }

  @Test("the account may stay unknown: the consent is kept, and this is reported")
  func unidentified() async throws {
    let bench = try MemoryBatch(flow: "google-health") { request in
      request.url.contains("/identity") ? .json(500, "{}") : .tokens("REFRESH-2")
    }
    let told = Locked<[Authorization.Notice]>([])
    let link = try await Authorization(Self.request(), graph: bench.graph, on: bench.machine).link()
    let report = try await Authorization(Self.request(), graph: bench.graph, on: bench.machine) { notice in told.withLock { $0.append(notice) } }
      .continueWithCode(address(for: link))
    #expect(report.created)
    let isTold = told.withLock { $0.contains { if case .accountUnknown = $0 { true } else { false } } }
    #expect(isTold)
    #expect(try bench.file("P1").token.refreshToken == "REFRESH-2")
  }

  @Test("an account of another participant stays with that participant, who receives the new tokens")
  func shared() async throws {
    let bench = try MemoryBatch { _ in .tokens("REFRESH-2", account: "B") }
    bench.enrol("P1")
    bench.enrol("P2", #", "user_id": "B""#)
    let before = bench.files.text("batch/P1.json")
    let error = await #expect(throws: ConsentFailure.self) { try await consent(bench) }
    #expect(error?.reason == .accountOfAnother)
    #expect(error?.description.contains("the new tokens are P2's") == true)
    #expect(bench.files.text("batch/P1.json") == before)
    #expect(try bench.file("P2").token.refreshToken == "REFRESH-2")
  }

  // MARK: Before any request

  @Test("a participant leased by another run is skipped (75)")
  func held() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    let other = try await bench.hold("P1")
    let error = await #expect(throws: CommandRefusal.self) { try await Authorization(Self.request(), graph: bench.graph, on: bench.machine).link() }
    try await other.close()
    #expect(error == .heldByAnotherRun("P1", next: "authorize when that run has ended"))
    #expect(error.map { RunVerdict.exitCode(of: $0) } == .retryableLeft)
    #expect(consents(bench) == [])
  }

  @Test("a withdrawn participant is skipped, and a code without a link is a usage error (64)")
  func refused() async throws {
    let bench = try MemoryBatch()
    bench.enrol("P1")
    await #expect(throws: Diagnostics.self) {
      try await Authorization(Self.request(), graph: bench.graph, on: bench.machine).continueWithCode("CODE")
    }
    _ = try await Withdrawal(bench.batch, erasesFrom: nil).run(["P1"])
    await #expect(throws: Diagnostics.self) { try await Authorization(Self.request(), graph: bench.graph, on: bench.machine).link() }
  }

  // MARK: Waiting

  /// The participant's browser is sent back from the provider's page.
  private func browse(_ link: String) {
    Task {
      let browser = CurlTransport(CurlTransport.Options(version: "test"))
      _ = try await browser.send(HTTPRequest(url: try address(for: link).replacing("#_=_", with: "")))
      try await browser.close()
    }
  }

  @Test("the browser's answer ends the wait, and the consent is kept")
  func browser() async throws {
    let bench = try MemoryBatch { _ in .tokens("REFRESH-2", account: "A") }
    let report = try await Authorization(Self.request(port: 0), graph: bench.graph, on: bench.machine) { notice in
      if case .link(let link) = notice { browse(link) }
    }.waitForBrowser()
    #expect(report.created)
  }

  @Test("no consent arrives in time: nothing was changed, and the link stays valid (75)")
  func timeout() async throws {
    let bench = try MemoryBatch()
    let error = await #expect(throws: CommandRefusal.consentTimeout) {
      try await Authorization(Self.request(port: 0), graph: bench.graph, on: bench.machine) { [time = bench.time] notice in
        if case .waiting(_, let limit) = notice { time.advance(by: limit) }
      }.waitForBrowser()
    }
    #expect(error.map { RunVerdict.exitCode(of: $0) } == .retryableLeft)
    #expect(bench.participants == [] && consents(bench).count == 1)
  }

  // MARK: Signals

  /// What a signal does that comes at a place which is only known later.
  private final class Stop: Sendable {
    private let authorization = Locked<Authorization?>(nil)
    let signal: Int32
    init(_ signal: Int32) { self.signal = signal }
    func stops(_ authorization: Authorization) { self.authorization.withLock { $0 = authorization } }
    func come() { authorization.withLock { $0 }?.stop(by: signal) }
  }

  @Test("a signal while the browser is waited for says so and ends it", arguments: [2, 15] as [Int32])
  func whileWaiting(signal: Int32) async throws {
    let bench = try MemoryBatch()
    let stop = Stop(signal)
    let authorization = Authorization(Self.request(port: 0), graph: bench.graph, on: bench.machine) { notice in
      if case .waiting = notice { stop.come() }
    }
    stop.stops(authorization)
    let error = await #expect(throws: StopRun.self) { try await authorization.waitForBrowser() }
    #expect(error.map { RunVerdict.exitCode(of: $0).rawValue } == 128 + signal)
    #expect(error?.description.contains("nothing was changed") == true)
  }

  /// The wait's timer is cancelled when the answer has come.
  private struct StoppingTime: TimeSource {
    let base: ManualTime
    let stop: Stop
    var now: Instant { base.now }
    var monotonic: Duration { base.monotonic }
    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
      let timer = base.schedule(after: delay, action)
      return ScheduledAction {
        timer.cancel()
        stop.come()
      }
    }
  }

  @Test("a signal between the browser's answer and the exchange says so; the code is not used up")
  func beforeExchange() async throws {
    let bench = try MemoryBatch()
    let stop = Stop(15)
    let machine = bench.machine(bench.files, time: StoppingTime(base: bench.time, stop: stop))
    let authorization = Authorization(Self.request(port: 0), graph: bench.graph, on: machine) { notice in
      if case .link(let link) = notice { browse(link) }
    }
    stop.stops(authorization)
    let error = await #expect(throws: StopRun.self) { try await authorization.waitForBrowser() }
    #expect(error?.reason == .signalled(15) && error?.description.contains("--code") == true)
    #expect(bench.transport.requests.isEmpty && bench.participants == [] && consents(bench).count == 1)
  }

  @Test("a signal during the exchange waits for the tokens, which are kept")
  func duringExchange() async throws {
    let stop = Stop(2)
    let bench = try MemoryBatch { _ in
      stop.come()
      return .tokens("REFRESH-2", account: "A")
    }
    let told = Locked<[Authorization.Notice]>([])
    let link = try await Authorization(Self.request(), graph: bench.graph, on: bench.machine).link()
    let authorization = Authorization(Self.request(), graph: bench.graph, on: bench.machine) { notice in told.withLock { $0.append(notice) } }
    stop.stops(authorization)
    #expect(try await authorization.continueWithCode(address(for: link)).created)
    #expect(told.withLock { $0 } == [.storing])
    #expect(try bench.file("P1").token.refreshToken == "REFRESH-2")
  }

  @Test("after a signal a code whose answer was lost is not sent again, and the signal is the end")
  func lostAfterSignal() async throws {
    let stop = Stop(15)
    let bench = try MemoryBatch { _ in
      stop.come()
      throw TransportError(.connection, "the connection was lost before a response")
    }
    let link = try await Authorization(Self.request(), graph: bench.graph, on: bench.machine).link()
    let authorization = Authorization(Self.request(), graph: bench.graph, on: bench.machine)
    stop.stops(authorization)
    let error = await #expect(throws: StopRun.self) { try await authorization.continueWithCode(address(for: link)) }
    #expect(error?.reason == .signalled(15))
    #expect(bench.transport.requests.count == 1 && bench.participants == [])
  }
}
