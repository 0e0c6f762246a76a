import FlowCore
import FlowDefinition
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

  // MARK: Spans

  /// A FlowFile for so many days of New York, among them the one on which the clocks go back.
  private static func span(_ days: Int, _ bench: EndpointBench) throws -> FlowFile {
    let zone = try #require(CivilZone("America/New_York"))
    let first = CivilDate(year: 2026, month: 10, day: 20)
    let slices = (0..<days).map { day in
      PlannedSlice(start: zone.startOfDay(first.advanced(byDays: Int64(day))), end: zone.startOfDay(first.advanced(byDays: Int64(day) + 1)), zone: zone.name, isProvisional: false)
    }
    let spans = Array(SpanSequence(slices.makeIterator(), of: "daily", upTo: .days(400)))
    var flowFile = bench.test.flowFile(["participant": "P1"])
    try SliceAttributes.set(on: &flowFile, try #require(spans.first))
    return flowFile
  }

  @Test("a part with `max_span` is requested along the slices, and its member is the list of answers, even of one", arguments: [(1, 1), (14, 1), (15, 2), (31, 3)])
  func pieces(days: Int, count: Int) async throws {
    let parts: PropertyLiteral = [
      ["into": "steps", "url": "/steps/${slice.date}/${slice.end_date}"], ["into": "calories", "url": "/calories/${slice.date}/${slice.end_date}", "max_span": "14d"],
    ]
    let bench = try EndpointBench(["parts": parts], compiler: CompiledExpressions(parameters: [])) { path, _, _ in .json(#"{"a":"\#(path)"}"#) }
    let flowFile = try Self.span(days, bench)
    let answered = try #require(await bench.run(flowFile)["success"].first)
    let paths = bench.provider.asked.map(\.path)
    func date(_ day: Int) -> String { CivilDate(year: 2026, month: 10, day: 20).advanced(byDays: Int64(day)).text }
    let pieces = stride(from: 0, to: days, by: 14).map { "/calories/\(date($0))/\(date(min($0 + 14, days)))" }
    // Parts are asked for at the same time: any may come first.
    let whole = "/steps/\(date(0))/\(date(days))"
    #expect(paths.sorted() == ([whole] + pieces).sorted() && pieces.count == count)
    #expect(answered.text == #"{"steps":{"a":"\#(whole)"},"calories":[\#(pieces.map { #"{"a":"\#($0)"}"# }.joined(separator: ","))]}"#)
    #expect(answered["slice.parts"] == flowFile["slice.parts"] && answered["slice.date"] == flowFile["slice.date"])
    let slices = try flowFile.sliceParts().map { PlannedSlice(start: $0.start, end: $0.end, zone: "America/New_York", isProvisional: false) }
    for span in SpanSequence(slices.makeIterator(), of: "daily", upTo: .days(400)) {
      let google = try ShippedFlow.load("google-health", ["api": "http://127.0.0.1", "client_id": "study"])
      let activity = google.processors[try #require(google.index(of: "invoke activity"))].values
      #expect(InvokeEndpoint.requestCount(activity, of: span) == 8 + 2 * count)
    }
  }

  @Test("a FlowFile without slices is one request, and a list of one answer")
  func noSlices() async throws {
    let bench = try EndpointBench(["parts": [["into": "calories", "url": "/calories", "max_span": "14d"]]]) { _, _, _ in .json("{}") }
    #expect(try #require(await bench.run()["success"].first).text == #"{"calories":[{}]}"#)
  }
}
