import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import FlowJSON
@testable import StudyProcessors

/// Every response is handed to the raw storage before its FlowFile goes on.
@Suite("InvokeEndpoint keeps responses")
struct InvokeEndpointRawTests {
  private struct Bench {
    let provider: ScriptedProvider
    let storage: MemoryRawStorage
    let test: ProcessorTest
    let time = ManualTime(now: Instant(seconds: 1_767_571_200))

    init(
      _ properties: [String: PropertyLiteral], isOn: Bool = true, refused: Set<String> = [], _ answer: @escaping ScriptedProvider.Answer = { path, _, _ in .json(#"{"path":"\#(path)"}"#) }
    ) throws {
      provider = ScriptedProvider(refused: refused, answer)
      storage = MemoryRawStorage(isOn: isOn)
      test = try ProcessorTest(
        InvokeEndpoint.self, properties.merging(["provider": "google", "raw": "raw"]) { $1 }, services: ["google": provider, "raw": storage],
        compiler: CompiledExpressions(parameters: []), name: "invoke", environment: .undriven(time: time, json: SimdJSONExtractor()))
    }

    func run(_ flowFile: FlowFile? = nil) async -> ProcessorTest.Outcome { await test.run([flowFile ?? test.flowFile(["participant": "P1", "data_type": "steps"])]) }
  }

  private static func shown(_ answer: RawAnswer) -> [String] {
    answer.responses.map { response in
      "\(response.place.part ?? "-") \(response.place.span.map(String.init) ?? "-") \(response.place.page.map(String.init) ?? "-") \(String(decoding: response.body, as: UTF8.self))"
    }
  }

  @Test("a single response is kept as it came, with what is needed to make its rows again; the FlowFile names the object")
  func single() async throws {
    let bench = try Bench(["url": "/v1/day", "query": ["a": "b"]]) { _, _, _ in
      HTTPResponse(status: 200, headers: ["Content-Type": "application/json", "Set-Cookie": "no"], body: Array(#" {"a": 1.50} "#.utf8))
    }
    let answered = try #require(await bench.run()["success"].first)
    let kept = try #require(bench.storage.kept.first)
    #expect(bench.storage.kept.count == 1 && kept.isComplete && Self.shown(kept) == [#"- - -  {"a": 1.50} "#])
    #expect(kept.participant == "P1" && kept.provider == "google-health" && kept.processor == "invoke" && kept.flowFile == answered.id.text)
    let response = kept.responses[0]
    #expect(response.url.hasSuffix("/v1/day?a=b") && response.status == 200 && response.fetchedAt == Instant(seconds: 1_767_571_200))
    #expect(response.headers.map(\.name) == ["Content-Type"])
    #expect(answered["raw.object"] == "object-of-P1")
    var attributes = answered.attributes.dictionary
    attributes["raw.object"] = nil
    #expect(kept.attributes == attributes && attributes["sha256"] != nil && attributes["fetched_at"] != nil)
  }

  @Test("pages, parts and spans have their places, in the order in which they entered the content")
  func places() async throws {
    let bench = try Bench(["parts": [["into": "a", "url": "/a", "pages": ["token": "/next", "parameter": "t"]], ["into": "b", "url": "/b", "max_span": "14d"]]]) { path, _, _ in
      .json(path == "/a" ? #"{"next":"2"}"# : #"{"n":"\#(path)"}"#)
    }
    let answered = try #require(await bench.run()["success"].first)
    let kept = try #require(bench.storage.kept.first)
    #expect(Set(Self.shown(kept)) == [#"a - 0 {"next":"2"}"#, #"a - 1 {"n":"/a?t=2"}"#, #"b 0 - {"n":"/b"}"#])
    #expect(try kept.content() == Array(answered.text.utf8))
  }

  @Test("parts that are answered by several triggers are kept when they come; only the last ones end the answer")
  func severalTriggers() async throws {
    let trouble = try HTTPResponse.payload(503, "ghealth-error-503.json")
    let isUp = Locked(false)
    let bench = try Bench(["parts": [["into": "a", "url": "/a"], ["into": "b", "url": "/b"]]]) { path, _, _ in
      path == "/b" && !isUp.withLock { $0 } ? trouble : .json(#"{"n":"\#(path)"}"#)
    }
    let waiting = try #require(await bench.run().requeued.first?.flowFile)
    isUp.withLock { $0 = true }
    let answered = try #require(await bench.run(waiting)["success"].first)
    #expect(bench.storage.kept.map(\.isComplete) == [false, true] && bench.storage.kept.allSatisfy { $0.flowFile == answered.id.text })
    #expect(bench.storage.kept.map(Self.shown) == [[#"a - - {"n":"/a"}"#], [#"b - - {"n":"/b"}"#]])
    var whole = bench.storage.kept[1]
    whole.responses = bench.storage.kept.flatMap(\.responses)
    #expect(try whole.content() == Array(answered.text.utf8))
  }

  @Test("what another run was answered is asked again: an object has all of an answer", arguments: ["another", nil])
  func otherRun(run: String?) async throws {
    let trouble = try HTTPResponse.payload(503, "ghealth-error-503.json")
    let isUp = Locked(false)
    let bench = try Bench(["parts": [["into": "a", "url": "/a"], ["into": "b", "url": "/b"]]]) { path, _, _ in
      path == "/b" && !isUp.withLock { $0 } ? trouble : .json(#"{"n":"\#(path)"}"#)
    }
    var replayed = try #require(await bench.run().requeued.first?.flowFile)
    replayed["invokeendpoint.run"] = run
    isUp.withLock { $0 = true }
    let answered = try #require(await bench.run(replayed)["success"].first)
    let whole = try #require(bench.storage.kept.last)
    #expect(whole.isComplete && Self.shown(whole) == [#"a - - {"n":"/a"}"#, #"b - - {"n":"/b"}"#])
    #expect(try whole.content() == Array(answered.text.utf8))
  }

  @Test("a part without consent is left out of what is kept; if nothing is covered, nothing is kept", arguments: [["heart"], ["heart", "activity"]] as [Set<String>])
  func refusedScope(refused: Set<String>) async throws {
    let bench = try Bench(["parts": [["into": "a", "url": "/a", "scope": "activity"], ["into": "b", "url": "/b", "scope": "heart"]]], refused: refused)
    let outcome = await bench.run()
    #expect(outcome["success"].count == (refused.count == 1 ? 1 : 0) && outcome["scope"].count == (refused.count == 1 ? 0 : 1))
    #expect(bench.storage.kept.map(Self.shown) == (refused.count == 1 ? [[#"a - - {"path":"/a"}"#]] : []))
  }

  @Test("a scope that is refused when all other parts are answered: they are asked again, so that an answer ends with its last response")
  func refusedInTheEnd() async throws {
    let refusal = try HTTPResponse.payload(403, "ghealth-error-403-scope.json")
    let trouble = try HTTPResponse.payload(503, "ghealth-error-503.json")
    let bench = try Bench(["parts": [["into": "a", "url": "/a", "scope": "activity"], ["into": "b", "url": "/b", "scope": "heart"]]]) { path, _, count in
      path == "/b" ? (count < 3 ? trouble : refusal) : .json(#"{"n":\#(count)}"#)
    }
    var flowFile = try #require(await bench.run().requeued.first?.flowFile)
    flowFile = try #require(await bench.run(flowFile).requeued.first?.flowFile)
    let answered = try #require(await bench.run(flowFile)["success"].first)
    var whole = try #require(bench.storage.kept.last)
    #expect(whole.isComplete && answered["slice.lacking"] == "heart")
    whole.responses = bench.storage.kept.flatMap(\.responses)
    #expect(try whole.content() == Array(answered.text.utf8))
  }

  @Test("no usable answer: nothing is kept", arguments: [500, 404, 429])
  func failures(status: Int) async throws {
    let bench = try Bench(["url": "/v1/day"]) { _, _, _ in HTTPResponse(status: status, headers: ["Content-Type": "application/json"], body: Array("{}".utf8)) }
    _ = await bench.run()
    #expect(bench.storage.kept.isEmpty)
  }

  @Test("without room for the response its FlowFile does not go on")
  func full() async throws {
    let bench = try Bench(["url": "/v1/day"])
    bench.storage.fail(ProcessorError(.disk, "no space left"))
    let outcome = await bench.run()
    #expect(outcome.failures.map(\.cause) == [.disk] && outcome["success"].isEmpty)
  }

  @Test("a storage that is off keeps nothing, and no FlowFile names an object")
  func off() async throws {
    let bench = try Bench(["url": "/v1/day"], isOn: false)
    let answered = try #require(await bench.run()["success"].first)
    #expect(bench.storage.kept.isEmpty && answered["raw.object"] == nil)
  }
}
