import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

/// Several answers become one content.
@Suite("InvokeEndpoint joins parts")
struct InvokeEndpointPartsTests {
  private static let properties: [String: PropertyLiteral] = [
    "method": "POST", "body": #"{"day":1}"#,
    "parts": [
      ["into": "steps", "url": "/steps", "scope": "activity"], ["into": "floors", "url": "/floors", "scope": "activity"],
      ["into": "resting", "url": "/resting", "method": "GET", "query": ["n": "1"], "scope": "heart", "pages": ["token": "/next", "parameter": "t"]],
    ],
  ]

  @Test("answers become members; method, body and query are inherited unless a part sets them")
  func joined() async throws {
    let bench = try EndpointBench(Self.properties) { path, _, _ in .json(#"{"a":"\#(path)"}"#) }
    let outcome = await bench.run()
    let answered = try #require(outcome["success"].first)
    #expect(answered.text == #"{"steps":{"a":"/steps"},"floors":{"a":"/floors"},"resting":[{"a":"/resting?n=1"}]}"#)
    #expect(Set(bench.provider.asked.map { $0.path + " " + $0.body }) == [#"/steps {"day":1}"#, #"/floors {"day":1}"#, "/resting?n=1 "])
    #expect(answered["slice.lacking"] == nil)
    #expect(answered["invokeendpoint.parts"] == nil)
  }

  @Test("a part without consent is not requested; the others are, and the missing scope is recorded")
  func lacking() async throws {
    let bench = try EndpointBench(Self.properties, refused: ["heart"]) { _, _, _ in .json("{}") }
    let answered = try #require(await bench.run()["success"].first)
    #expect(answered.text == #"{"steps":{},"floors":{}}"#)
    #expect(answered["slice.lacking"] == "heart")
    #expect(answered["invokeendpoint.absent_parts"] == "resting")
    #expect(bench.provider.asked.count == 2)
  }

  @Test("a scope refused by the provider is recorded too, and not requested again")
  func refusedOnAsking() async throws {
    let refusal = try HTTPResponse.payload(403, "ghealth-error-403-scope.json")
    let bench = try EndpointBench(Self.properties) { path, _, _ in path == "/resting?n=1" ? refusal : .json("{}") }
    let answered = try #require(await bench.run()["success"].first)
    #expect(answered["slice.lacking"] == "heart")
    _ = await bench.run()
    #expect(bench.provider.asked.filter { $0.path.hasPrefix("/resting") }.count == 1)
  }

  @Test("without consent for any part the FlowFile is routed as a refused scope")
  func nothing() async throws {
    let bench = try EndpointBench(Self.properties, refused: ["heart", "activity"]) { _, _, _ in .json("{}") }
    #expect(await bench.run()["scope"].first?.failure?.cause == .scope)
    #expect(bench.provider.asked.isEmpty)
  }

  @Test("parts answered before a rate limit or a failure are not requested again within an hour")
  func resumes() async throws {
    let limit = try HTTPResponse.payload(429, "ghealth-error-429.json")
    let trouble = try HTTPResponse.payload(503, "ghealth-error-503.json")
    let asked = Locked<[String: Int]>([:])
    let bench = try EndpointBench(Self.properties) { path, _, _ in
      let count = asked.withLock { asked in
        asked[path, default: 0] += 1
        return asked[path] ?? 0
      }
      return switch (path, count) {
      case ("/floors", 1): limit
      case ("/resting?n=1", 1): trouble
      case ("/resting?n=1", 2): trouble
      default: .json(#"{"n":\#(count)}"#)
      }
    }
    let limited = try #require(await bench.run().requeued.first)
    #expect(limited.penalty == .seconds(60))
    let failed = try #require(await bench.run(limited.flowFile).requeued.first)
    #expect(failed.penalty == .seconds(1))
    let answered = try #require(await bench.run(failed.flowFile)["success"].first)
    #expect(answered.text == #"{"steps":{"n":1},"floors":{"n":2},"resting":[{"n":3}]}"#)
    #expect(answered["fetched_at"] == limited.flowFile["fetched_at"], "as old as its first part")

    bench.time.advance(by: .seconds(3601))
    let anew = try #require(await bench.run(failed.flowFile)["success"].first)
    #expect(anew.text == #"{"steps":{"n":2},"floors":{"n":3},"resting":[{"n":4}]}"#)
  }

  @Test("a failure without progress counts as an attempt")
  func countsTries() async throws {
    let trouble = try HTTPResponse.payload(503, "ghealth-error-503.json")
    let bench = try EndpointBench(Self.properties) { _, _, _ in trouble }
    #expect(await bench.run()["retry"].count == 1)
  }

  @Test("a missing optional scope of one answer is recorded")
  func optionalScopes() async throws {
    let bench = try EndpointBench(["url": "/day", "scope": "activity", "optional_scopes": ["heart"]], refused: ["heart"]) { _, _, _ in .json("{}") }
    #expect(await bench.run()["success"].first?["slice.lacking"] == "heart")
  }
}
