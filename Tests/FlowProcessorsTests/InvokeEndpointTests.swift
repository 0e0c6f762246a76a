import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

/// Single requests; pages and parts have separate files.
@Suite("InvokeEndpoint")
struct InvokeEndpointTests {
  private struct Bench {
    let provider: StrictProvider
    let test: ProcessorTest
    let time = ManualTime(now: Instant(seconds: 1_767_571_200))

    init(_ properties: [String: PropertyLiteral] = ["url": "/v1/day"], answering answer: @escaping StrictProvider.Answer) throws {
      provider = StrictProvider(leased: ["P1"], time: time, answer)
      test = try ProcessorTest(
        InvokeEndpoint.self, properties.merging(["provider": "google"]) { $1 }, services: ["google": provider],
        compiler: CompiledExpressions(parameters: []), environment: .undriven(time: time))
    }

    func run(_ attributes: Attributes = ["participant": "P1"], isStopping: Bool = false) async -> ProcessorTest.Outcome {
      await test.run([test.flowFile(attributes, text: "before")], isStopping: isStopping)
    }
  }

  private static func response(_ status: Int, _ body: String = #"{"error":"no"}"#) -> StrictProvider.Answer {
    { _, _, _ in HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: Array(body.utf8)) }
  }

  // MARK: Asking

  @Test("the request follows the properties and the FlowFile's attributes, authorized for its participant")
  func request() async throws {
    let sent = Locked<HTTPRequest?>(nil)
    let bench = try Bench([
      "url": "/v1/${data_type}", "query": ["date": "${slice.date}", "a b": "c&d"], "method": "POST", "body": #"{"for":"${participant}"}"#,
      "headers": ["Accept-Language": "en_US"], "timeout": "7s", "connect_timeout": "3s", "body_limit": "1 KB",
    ]) { request, _, _ in
      sent.withLock { $0 = request }
      return .json("{}")
    }
    _ = await bench.run(["participant": "P1", "data_type": "steps", "slice.date": "2026-01-05"])
    #expect(bench.provider.asked == [.init(participant: "P1", method: "POST", path: "/v1/steps?date=2026-01-05&a%20b=c%26d", body: #"{"for":"P1"}"#)])
    let request = try #require(sent.withLock { $0 })
    #expect(request.headers["Accept-Language"] == "en_US" && request.headers["Accept"] == "application/json")
    #expect(request.headers["Content-Type"] == "application/json" && request.headers["Authorization"] == nil)
    #expect(request.timeout == .seconds(7) && request.connectTimeout == .seconds(3) && request.bodyLimitBytes == 1024)
  }

  @Test("the response body becomes the content, with status, path, time and hash; requests and bytes are counted at once")
  func success() async throws {
    let text = #" {"a": [1, 2.50, "ä"]} "#
    let outcome = await (try Bench(answering: Self.response(200, text))).run()
    let answered = try #require(outcome["success"].first)
    #expect(answered.content == .bytes(Array(text.utf8)))
    #expect(answered["invokeendpoint.status"] == "200" && answered["invokeendpoint.path"] == "/v1/day")
    #expect(answered["fetched_at"] == "2026-01-05T00:00:00Z")
    #expect(answered["sha256"] == "0138fd1a69571a76253ca3f644fef82bd33c686272125178e199ce553693cda0")
    #expect(outcome.counters == ["requests": 1, "bytes received": Int64(text.utf8.count)])
  }

  @Test("no request is sent for a participant that this run has not leased")
  func notLeased() async throws {
    let bench = try Bench(answering: Self.response(200))
    let outcome = await bench.run(["participant": "P2"])
    #expect(outcome["failure"].first?.failure?.cause == .badParticipantFile && bench.provider.asked.isEmpty)
  }

  @Test("an expression that cannot be evaluated sends no request")
  func expression() async throws {
    let bench = try Bench(["url": "/v1/${slice.date:toDate('yyyy-MM-dd')}"], answering: Self.response(200))
    let outcome = await bench.run(["participant": "P1", "slice.date": "today"])
    #expect(outcome.failures.map(\.cause) == [.expression] && bench.provider.asked.isEmpty)
  }

  // MARK: Refusals

  @Test("an unsuccessful response is routed by its cause, with its status, and the content is kept", arguments: [
    (500, "retry", Cause.serverError), (503, "retry", .serverError), (404, "failure", .notFound), (400, "failure", .badRequest), (403, "scope", .scope),
    (401, "retry", .serverError),
  ])
  func refusals(status: Int, relationship: String, cause: Cause) async throws {
    let bench = try Bench(answering: Self.response(status))
    let refused = try #require(await bench.run()[relationship].first)
    #expect(refused.failure?.cause == cause && refused.failure?.status == status)
    #expect(refused["invokeendpoint.status"] == String(status) && refused["invokeendpoint.path"] == "/v1/day")
    #expect(refused["sha256"] == nil && refused["fetched_at"] == nil && refused.content == .bytes(Array("before".utf8)))
  }

  @Test("a response that affects the whole client stops the run")
  func stops() async throws {
    let outcome = await (try Bench(answering: Self.response(412))).run()
    #expect((outcome.error as? StopRun)?.cause == .clientRefused && outcome.untaken.count == 1)
  }

  static let rules: [String: PropertyLiteral] = [
    "url": "/v1/day",
    "responses": [
      ["status": "404", "to": "absent"], ["status": "5xx", "to": "failure", "cause": "gone"], ["error": "invalid_argument", "to": "retry"],
      ["status": "403", "stop": "the client must be registered"],
    ],
  ]

  @Test("the flow's table of responses takes precedence over the provider: by status, by class, by error code", arguments: [
    (404, "absent", Cause.notFound), (502, "failure", .gone), (400, "retry", .badRequest),
  ])
  func table(status: Int, relationship: String, cause: Cause) async throws {
    let outcome = await (try Bench(Self.rules, answering: Self.response(status))).run()
    #expect(outcome[relationship].first?.failure?.cause == cause)
  }

  @Test("the table may stop the run, with its message")
  func tableStops() async throws {
    let error = await (try Bench(Self.rules, answering: Self.response(403))).run().error
    #expect((error as? StopRun)?.message.hasPrefix("the client must be registered (") == true)
  }

  @Test("transport errors are retried; a cut-off run does not label the FlowFile")
  func transport() async throws {
    for kind in [TransportError.Kind.connection, .timeout, .truncated, .unreachable] {
      let outcome = await (try Bench { _, _, _ in throw TransportError(kind, "it broke") }).run()
      let failure = try #require(outcome["retry"].first?.failure, "\(kind)")
      #expect(failure.message.contains("/v1/day") && failure.message.contains("it broke"))
      #expect(outcome.counters["requests"] == 1, "it was sent, whatever came of it")
    }
    let outcome = await (try Bench { _, _, _ in throw TransportError(.cancelled, "cut off") }).run()
    #expect(outcome.error is CancellationError && outcome.untaken.count == 1)
  }

  // MARK: Consents

  @Test("a known missing consent sends no request; one reported by the response is recorded")
  func scope() async throws {
    let bench = try Bench(["url": "/v1/day", "scope": "sleep"], answering: Self.response(403))
    let refused = try #require(await bench.run()["scope"].first?.failure)
    #expect(refused.cause == .scope && refused.message.contains("'sleep'") && refused.message.contains("P1"))
    #expect(!bench.provider.isGranted("sleep", for: "P1") && bench.provider.isGranted("sleep", for: "P2"))
    let outcome = await bench.run()
    #expect(outcome["scope"].count == 1 && outcome.counters.isEmpty && bench.provider.asked.count == 1)
  }

  // MARK: Rate limits

  @Test("a rate limit causes a wait; the request does not change")
  func rateLimit() async throws {
    let outcome = await (try Bench(answering: Self.response(429))).run()
    let waiting = try #require(outcome.requeued.first)
    #expect(waiting.penalty == .seconds(90) && waiting.flowFile.content == .bytes(Array("before".utf8)))
    #expect(outcome.counters["requests"] == 1)
  }

  @Test("a wait above max_wait, or during a stop, goes to rate_limited", arguments: [false, true])
  func rateLimited(isStopping: Bool) async throws {
    let bench = try Bench(["url": "/v1/day", "max_wait": isStopping ? "10m" : "89s"], answering: Self.response(429))
    let outcome = await bench.run(isStopping: isStopping)
    #expect(outcome["rate_limited"].first?.failure?.cause == .rateLimited && outcome.requeued.isEmpty)
  }

  @Test("no request is sent for a participant with a pending wait")
  func parked() async throws {
    let bench = try Bench(answering: Self.response(200))
    bench.provider.park("P1", for: .seconds(300))
    #expect(await bench.run().requeued.map(\.penalty) == [.seconds(300)])
    #expect(bench.provider.asked.isEmpty)
    bench.time.advance(by: .seconds(300))
    #expect(await bench.run()["success"].count == 1)
  }

  // MARK: Several at once

  @Test("sixteen concurrent requests are independent of each other's failures")
  func concurrent() async throws {
    let bench = try Bench { _, path, _ in path.hasSuffix("7") ? HTTPResponse(status: 500, headers: [:], body: []) : .json("{\"path\":\"\(path)\"}") }
    let test = try ProcessorTest(
      InvokeEndpoint.self, ["url": "/v1/${number}", "provider": "google"], services: ["google": bench.provider],
      compiler: CompiledExpressions(parameters: []))
    let outcomes = await withTaskGroup(of: (Int, ProcessorTest.Outcome).self) { group in
      for number in 0..<16 {
        group.addTask { (number, await test.run([test.flowFile(["participant": "P1", "number": String(number)])])) }
      }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    for (number, outcome) in outcomes {
      if number == 7 {
        #expect(outcome["retry"].count == 1)
      } else {
        #expect(outcome["success"].first?.content == .bytes(Array("{\"path\":\"/v1/\(number)\"}".utf8)))
      }
    }
    #expect(outcomes.count == 16 && bench.provider.asked.count == 16 && bench.provider.state.withLock { $0.refreshCount } == 1)
  }

  // MARK: Properties

  @Test("inconsistent properties are rejected at load", arguments: [
    ["responses": [["status": "404", "to": "a", "stop": "b"]]], ["responses": [["to": "a"]]], ["responses": [["status": "abc", "to": "a"]]],
    ["pages": ["token": "/next"]], ["body_limit": "many"], ["method": "FETCH"], ["timeout": "0s or so"],
  ] as [[String: PropertyLiteral]])
  func properties(_ properties: [String: PropertyLiteral]) {
    #expect(throws: Diagnostics.self) { try Bench(properties.merging(["url": "/v1/day"]) { $1 }, answering: Self.response(200)) }
  }
}
