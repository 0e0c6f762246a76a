import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyParticipants

@Suite("A request to the provider has one outcome, judged once")
struct AskTests {
  private static let path = "/1/user/-/devices.json"

  /// What no part of the way throws.
  private struct Odd: Error {}

  enum Expected: Sendable, Equatable {
    case answer, wait(Int), refused(Cause, hasFault: Bool), stop(Cause), interrupted

    init(_ outcome: ProviderReply.Outcome) {
      switch outcome {
      case .answer: self = .answer
      case .wait(let delay, _): self = .wait(Int(delay.components.seconds))
      case .refused(let refusal): self = .refused(refusal.failure.cause, hasFault: refusal.fault != nil)
      case .stop(let stop): self = .stop(stop.cause)
      case .interrupted: self = .interrupted
      }
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var answer: @Sendable () throws -> HTTPResponse
    var expected: Expected
    var requests: Int
    var testDescription: String { name }

    init(_ name: String, _ expected: Expected, requests: Int = 1, _ answer: @escaping @Sendable () throws -> HTTPResponse) {
      self.name = name
      self.answer = answer
      self.expected = expected
      self.requests = requests
    }
  }

  static let cases = [
    Case("200", .answer) { .json(200, "{}") },
    Case("429 with a time", .wait(30)) { .json(429, "{}", ["Retry-After": "30"]) },
    Case("a used-up quota in a 403", .wait(5)) { .json(403, #"{"errors":[{"errorType":"quotaExceeded"}]}"#) },
    Case("500", .refused(.serverError, hasFault: true)) { .json(500, "{}") },
    Case("404", .refused(.notFound, hasFault: true)) { .json(404, "{}") },
    Case("cut off on the way", .refused(.truncated, hasFault: false)) { throw TransportError(.truncated, "cut off") },
    Case("no connection to be had", .stop(.connection), requests: 3) { throw TransportError(.unreachable, "refused") },
    Case("the run was cut off", .interrupted) { throw TransportError(.cancelled, "cancelled") },
    Case("a mistake of the program", .refused(.internal, hasFault: false)) { throw Odd() },
    Case("401 although just renewed", .refused(.serverError, hasFault: false), requests: 2) { .json(401, Payload.expiredToken) },
  ]

  @Test("every response, with the number of requests sent", arguments: cases)
  func outcomes(_ expected: Case) async throws {
    let world = TokenWorld(tokens: RotatingTokens()) { _, _ in try expected.answer() }
    world.participant()
    let provider = try world.provider()
    let reply = await provider.ask(HTTPRequest(url: ""), path: Self.path, for: "P1")
    #expect(Expected(reply.outcome) == expected.expected)
    #expect(reply.requestCount == expected.requests)
    #expect(world.transport.requests(to: Self.path).count == expected.requests)
  }

  @Test("a participant that must wait causes no request, and none is counted")
  func parked() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let provider = try world.provider()
    provider.line.park("P1", for: .seconds(90))
    let reply = await provider.ask(HTTPRequest(url: ""), path: Self.path, for: "P1")
    #expect(Expected(reply.outcome) == .wait(90) && reply.requestCount == 0)
    #expect(world.transport.requests.isEmpty)
  }

  @Test("after the run's end nothing is sent, and nothing is counted")
  func ended() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let provider = try world.provider()
    try await provider.authorize("P1")
    let before = world.transport.requests.count
    provider.stopWaiting()
    let reply = await provider.ask(HTTPRequest(url: ""), path: Self.path, for: "P1")
    #expect(Expected(reply.outcome) == .interrupted && reply.requestCount == 0)
    #expect(world.transport.requests.count == before)
  }

  @Test("a path that leads elsewhere is refused, and no request is counted")
  func badPath() async throws {
    let world = TokenWorld(tokens: RotatingTokens())
    world.participant()
    let reply = await (try world.provider()).ask(HTTPRequest(url: ""), path: "@evil.example/", for: "P1")
    #expect(Expected(reply.outcome) == .refused(.badRequest, hasFault: false) && reply.requestCount == 0)
  }
}
