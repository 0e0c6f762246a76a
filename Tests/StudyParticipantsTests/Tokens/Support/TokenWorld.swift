import FlowCore
import FlowTesting
import StudyModel

@testable import StudyParticipants


/// Time that advances only while a task waits, and then immediately.
final class LeapingTime: TimeSource {
  struct Clocks {
    var now = Instant(seconds: 1_786_000_000)
    var monotonic: Duration = .seconds(1000)
    var waits: [Duration] = []
  }
  private let clocks = Locked(Clocks())
  /// Otherwise timers never fire: for what must not end by patience.
  private let leaps: Bool

  init(leaps: Bool = true) { self.leaps = leaps }

  var now: Instant { clocks.withLock { $0.now } }
  var monotonic: Duration { clocks.withLock { $0.monotonic } }
  var waits: [Duration] { clocks.withLock { $0.waits } }

  func advance(_ duration: Duration) {
    clocks.withLock { clocks in
      clocks.now = clocks.now + duration
      clocks.monotonic += duration
    }
  }
  func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
    guard leaps else { return ScheduledAction {} }
    advance(delay)
    clocks.withLock { $0.waits.append(delay) }
    action()
    return ScheduledAction {}
  }
}

/// A transport that answers by a closure and records its requests.
final class AnsweringTransport: HTTPTransport {
  typealias Answer = @Sendable (HTTPRequest, _ count: Int) async throws -> HTTPResponse
  private let asked = Locked<[HTTPRequest]>([])
  private let answer: Answer

  init(_ answer: @escaping Answer) { self.answer = answer }

  var requests: [HTTPRequest] { asked.withLock { $0 } }
  func requests(to path: String) -> [HTTPRequest] { requests.filter { $0.url.contains(path) } }

  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    let count = asked.withLock { asked in
      asked.append(request)
      return asked.count
    }
    return try await answer(request, count)
  }
}

/// A point that something comes to and waits at until it is opened.
final class Gate: Sendable {
  private let arrived = AsyncStream.makeStream(of: Void.self)
  private let opened = AsyncStream.makeStream(of: Void.self)

  func pass() async {
    arrived.continuation.yield()
    // Of a task that is cancelled the wait would end at once: the request's answer does not come sooner for that.
    await Task { for await _ in opened.stream { return } }.value
  }
  func waitForArrival() async { for await _ in arrived.stream { return } }
  func open() { opened.continuation.yield() }
}

/// A provider's token endpoint with refresh tokens of a single use. Asked with one that is used up it refuses, unless it `repeats`: then the
/// last one used up gives the same pair again, which it takes to live through an answer that is lost.
final class RotatingTokens: Sendable {
  struct State {
    var serial = 1
    var requests = 0
    /// Requests, counted from 1, that are acted upon but whose answer is lost.
    var lost: Set<Int> = []
  }
  let state = Locked(State())
  let repeats: Bool

  init(repeats: Bool = false, lost: Set<Int> = []) {
    self.repeats = repeats
    state.withLock { $0.lost = lost }
  }

  static func refresh(_ serial: Int) -> String { "REFRESH-SECRET-\(serial)" }
  static func access(_ serial: Int) -> String { "ACCESS-SECRET-\(serial)" }

  var serial: Int { state.withLock { $0.serial } }
  var requests: Int { state.withLock { $0.requests } }

  func answer(_ request: HTTPRequest) throws -> HTTPResponse {
    let body = String(decoding: request.body ?? [], as: UTF8.self)
    return try state.withLock { state in
      state.requests += 1
      if body.contains(Self.refresh(state.serial) + "&") || body.hasSuffix(Self.refresh(state.serial)) {
        state.serial += 1
      } else if !repeats || !body.contains(Self.refresh(state.serial - 1)) {
        return .json(400, Payload.invalidGrant)
      }
      if state.lost.contains(state.requests) { throw TransportError(.connection, "the connection was lost before a response") }
      return .json(200, Payload.tokens(access: Self.access(state.serial), refresh: Self.refresh(state.serial)))
    }
  }
}

extension HTTPResponse {
  static func json(_ status: Int, _ text: String, _ headers: HTTPHeaders = [:]) -> HTTPResponse {
    var headers = headers
    headers["Content-Type"] = "application/json"
    headers["Date"] = headers["Date"] ?? "Sun, 16 Aug 2026 12:00:00 GMT"
    return HTTPResponse(status: status, headers: headers, body: Array(text.utf8))
  }
  static func html(_ status: Int) -> HTTPResponse {
    HTTPResponse(status: status, headers: ["Content-Type": "text/html"], body: Array("<html>\(status)</html>".utf8))
  }
}

struct NoRecords: RecordExtractor {
  func extract(_ document: [UInt8], mapping: RecordMapping, context: ExtractionContext) throws -> RecordBatch {
    throw ExtractionError(pointer: "", found: "nothing", expected: "nothing")
  }
  func text(at pointer: String, in document: [UInt8]) throws -> String? { nil }
}

/// Everything that a provider service needs, in memory.
struct TokenWorld {
  var files = MemoryFileSystem()
  var time = LeapingTime()
  /// The environment variables of the process.
  var variables: [String: String] = [:]
  /// What was logged.
  let lines = Locked<[String]>([])
  var transport: AnsweringTransport

  init(_ answer: @escaping AnsweringTransport.Answer) { transport = AnsweringTransport(answer) }

  /// A provider that gives tokens and answers everything else as the closure says.
  init(tokens: RotatingTokens, _ answer: @escaping AnsweringTransport.Answer = { _, _ in .json(200, "{}") }) {
    self.init { request, count in
      request.url.hasSuffix("/oauth2/token") ? try tokens.answer(request) : try await answer(request, count)
    }
  }

  var environment: RuntimeEnvironment { environment { DispatchLane(label: $0) } }

  func environment(lane: @escaping @Sendable (String) -> any Lane) -> RuntimeEnvironment {
    RuntimeEnvironment(
      time: time, random: SeededRandomSource(seed: 1), fileSystem: files, transport: transport, json: NoRecords(),
      executor: DispatchExecutor(), lane: lane, run: "run-1", flowSHA256: "",
      variable: { [variables] in variables[$0] },
      log: { [lines] message, metadata in lines.withLock { $0.append("\(message) \(metadata.sorted { $0.key < $1.key }.map(\.value))") } })
  }

  func participant(_ name: String = "P1", serial: Int = 1, _ more: String = "") {
    files.put("batch/\(name).json", Self.file(name, refresh: RotatingTokens.refresh(serial), more))
  }
  static func file(_ name: String, refresh: String, _ more: String = "") -> String {
    #"{"participant": "\#(name)", "refresh_token": "\#(refresh)", "previous_sync": "2026-01-05T00:00:00Z"\#(more)}"#
  }

  func provider(
    isSimulated: Bool = false, secret: String? = "CLIENT-SECRET", wire: any ProviderWire = FitbitWire(),
    at base: String = "https://provider.example", client: String = "23ABCD", requestsPerMinute: Int? = nil
  ) throws -> OAuthProvider {
    let settings = try OAuthProvider.Settings(
      service: "FitbitWebAPI 'fitbit'", wire: wire, baseURL: base, tokenURL: "", clientID: client,
      clientSecret: secret ?? "", participants: "batch", isSimulated: isSimulated, connectTimeout: .seconds(10),
      timeout: .seconds(60), requestsPerMinute: requestsPerMinute)
    return OAuthProvider(wire: wire, settings: settings, environment: environment)
  }

  /// The file on disk, with an intent beside it.
  func file(_ name: String = "P1") throws -> ParticipantFile {
    var file = try ParticipantFile(
      parsing: Array((files.text("batch/\(name).json") ?? "").utf8), participant: name, path: "batch/\(name).json")
    let intent = TokenIntent(parsing: Array((files.text("batch/.\(name).json.asked") ?? "").utf8))
    if let intent, intent.isOpen(for: file.token) { file.token.asked = intent.asked }
    return file
  }
}

extension OAuthProvider {
  /// The response to one request with any status; throws the reason if there is none.
  func send(_ request: HTTPRequest, path: String, for participant: String) async throws -> HTTPResponse {
    try await identify(participant)
    var count = 0
    return try await exchange(request, path: path, for: participant, counting: &count).response
  }
}

/// The answers of the real provider, as far as they are known.
enum Payload {
  static func tokens(
    access: String, refresh: String, scope: String = "activity heartrate profile settings sleep", user: String = "ABC123"
  ) -> String {
    #"{"access_token":"\#(access)","expires_in":28800,"refresh_token":"\#(refresh)","scope":"\#(scope)","token_type":"Bearer","user_id":"\#(user)"}"#
  }
  static func error(_ type: String, _ message: String = "") -> String {
    #"{"success":false,"errors":[{"errorType":"\#(type)","message":"\#(message)"}]}"#
  }
  static let invalidGrant = error("invalid_grant", "Refresh token invalid: REFRESH-SECRET-1.")
  static let expiredToken = error("expired_token", "Access token expired: ACCESS-SECRET-1.")
  static let profile = #"{"user":{"encodedId":"ABC123","offsetFromUTCMillis":-25200000,"timezone":"America/Los_Angeles"}}"#
  static let devices = """
    [{"type":"SCALE","deviceVersion":"Aria","lastSyncTime":"2026-08-16T07:10:00.000"},
     {"type":"TRACKER","deviceVersion":"Charge 6","lastSyncTime":"2026-08-15T13:14:22.000"}]
    """
}

/// Runs the body and returns what it threw.
func failure(_ body: () async throws -> Void) async -> (any Error)? {
  do {
    try await body()
    return nil
  } catch {
    return error
  }
}
