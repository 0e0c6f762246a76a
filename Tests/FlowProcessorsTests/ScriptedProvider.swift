import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors
@testable import FlowJSON
@testable import StudyParticipants

/// A provider with scripted responses that classifies them like Google Health. Adds no authorization.
final class ScriptedProvider: ProviderService {
  struct Asked: Equatable {
    var path: String
    var body: String
  }
  struct State {
    var asked: [Asked] = []
    var refused: Set<String> = []
    var wait: Duration?
    var underWayCount = 0
    /// The most requests that were under way at once.
    var highWater = 0
    /// How long to wait for more than is left.
    var waitForMore: Duration?
    var setAside: [Int] = []
    var setAsideCount = 0
  }
  typealias Answer = @Sendable (_ path: String, _ body: String, _ count: Int) throws -> HTTPResponse

  let state = Locked(State())
  let provider = "google-health"
  private let answer: Answer
  /// What a request takes until it is answered.
  private let pause: @Sendable (_ path: String) async -> Void
  private let address = ProviderAddress("https://provider.example")!

  init(refused: Set<String> = [], pause: @escaping @Sendable (_ path: String) async -> Void = { _ in }, _ answer: @escaping Answer) {
    self.answer = answer
    self.pause = pause
    state.withLock { $0.refused = refused }
  }

  var asked: [Asked] { state.withLock { $0.asked } }
  var highWater: Int { state.withLock { $0.highWater } }
  var setAside: [Int] { state.withLock { $0.setAside } }
  var setAsideCount: Int { state.withLock { $0.setAsideCount } }

  func ask(_ request: HTTPRequest, path: String, for participant: String) async -> ProviderReply {
    if let wait = wait(of: participant) {
      return ProviderReply(.wait(wait, because: ProviderRefusal(FlowFileFailure(cause: .rateLimited, message: "parked"))))
    }
    let body = String(decoding: request.body ?? [], as: UTF8.self)
    let count = state.withLock { state in
      state.asked.append(Asked(path: path, body: body))
      state.underWayCount += 1
      state.highWater = max(state.highWater, state.underWayCount)
      return state.asked.count
    }
    defer { state.withLock { $0.underWayCount -= 1 } }
    await pause(path)
    if Task.isCancelled { return ProviderReply(.interrupted, requestCount: 1) }
    return ProviderReply(outcome(count, path, body), requestCount: 1)
  }

  private func outcome(_ count: Int, _ path: String, _ body: String) -> ProviderReply.Outcome {
    do {
      let response = try answer(path, body, count)
      guard !(200..<300).contains(response.status) else { return .answer(response) }
      let refusal = ProviderRefusal(
        GoogleHealthWire().judge(status: response.status, headers: response.headers, body: response.body), status: response.status)
      return refusal.failure.cause == .rateLimited ? .wait(refusal.failure.retryAfter ?? .seconds(60), because: refusal) : .refused(refusal)
    } catch let error as TransportError {
      return .refused(ProviderRefusal(FlowFileFailure(cause: error.cause, message: error.message), isOfTheWay: true))
    } catch let error as ProcessorError {
      return .refused(ProviderRefusal(error.failure))
    } catch let stop as StopRun {
      return .stop(stop)
    } catch {
      return .interrupted
    }
  }
  func path(ofLink link: String) throws -> String { try address.path(ofLink: link) }
  func setAside(_ count: Int, for participant: String) -> Duration? {
    state.withLock { state in
      if let wait = state.waitForMore { return wait }
      state.setAside.append(count)
      state.setAsideCount += count
      return nil
    }
  }
  func free(_ count: Int, for participant: String) { state.withLock { $0.setAsideCount -= count } }
  func wait(of participant: String) -> Duration? { state.withLock { $0.wait } }
  func secrets(of participant: String?) -> [String] { [] }
  func isGranted(_ scope: String, for participant: String) -> Bool { !state.withLock { $0.refused.contains(scope) } }
  func refuse(_ scope: String, for participant: String) { state.withLock { _ = $0.refused.insert(scope) } }

  func prepare() async throws {}
  func close() async throws {}
  func listParticipants() async throws -> [ParticipantListing] { [] }
  func lease(_ participant: String) async throws -> LeaseOutcome { .heldByAnotherRun }
  func release(_ participant: String, previousSync: Instant?) async throws {}
  func authorize(_ participant: String) async throws {}
  func syncStatus(of participant: String) async throws -> SyncStatus { .noTracker(zone: "UTC") }
  func snapshot(of participant: String) async throws -> ParticipantSnapshot {
    ParticipantSnapshot(
      participant: participant, enrolled: Instant(seconds: 0), previousSync: Instant(seconds: 0), zone: nil, latestSync: nil)
  }
}

extension HTTPResponse {
  static func json(_ text: String) -> HTTPResponse {
    HTTPResponse(status: 200, headers: ["Content-Type": "application/json"], body: Array(text.utf8))
  }
  static func payload(_ status: Int, _ name: String) throws -> HTTPResponse {
    HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: try Fixture.bytes("payloads/\(name)"))
  }
}

/// InvokeEndpoint on a scripted provider.
struct EndpointBench {
  let provider: ScriptedProvider
  let test: ProcessorTest
  let time: ManualTime

  init(
    _ properties: [String: PropertyLiteral], refused: Set<String> = [], compiler: any ExpressionCompiler = NoExpressions(),
    _ answer: @escaping ScriptedProvider.Answer
  ) throws {
    provider = ScriptedProvider(refused: refused, answer)
    time = ManualTime()
    test = try ProcessorTest(
      InvokeEndpoint.self, properties.merging(["provider": "google"]) { $1 }, services: ["google": provider], compiler: compiler,
      environment: .undriven(time: time, json: SimdJSONExtractor()))
  }

  func run(_ flowFile: FlowFile? = nil) async -> ProcessorTest.Outcome {
    await test.run([flowFile ?? test.flowFile(["participant": "P1"])])
  }
}

extension FlowFile {
  var text: String {
    guard case .bytes(let bytes) = content else { return "" }
    return String(decoding: bytes, as: UTF8.self)
  }
}
