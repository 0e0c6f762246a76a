import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

/// A part is requested for each element of another part's answer.
@Suite("InvokeEndpoint follows up on elements")
struct InvokeEndpointElementsTests {
  private static let list = #"{"rows":[{"id":9007199254740993,"at":"2026-08-15T07:00:00-04:00","track":"t"},{"id":"b","at":"2026-08-15T09:00:00Z"},{"id":18446744073709551615,"at":"2026-08-15T23:59:59Z","track":"t"}]}"#

  private static func properties(_ element: [String: PropertyLiteral] = [:], _ part: [String: PropertyLiteral] = [:]) -> [String: PropertyLiteral] {
    let forEach = (["part": "list", "path": "/rows", "attributes": ["id": "id", "at": "at", "track": "track"]] as [String: PropertyLiteral]).merging(element) { $1 }
    let follow = ([
      "into": "tracks", "url": "/track/${id}", "scope": "location", "absent": ["404"], "for_each": .map(forEach.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }),
    ] as [String: PropertyLiteral]).merging(part) { $1 }
    return ["parts": [["into": "list", "url": "/list"], .map(follow.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })]]
  }

  private static func bench(
    _ properties: [String: PropertyLiteral], refused: Set<String> = [], _ answer: @escaping ScriptedProvider.Answer
  ) throws -> EndpointBench {
    try EndpointBench(properties, refused: refused, compiler: CompiledExpressions(parameters: []), answer)
  }

  private static func sliced(_ bench: EndpointBench) -> FlowFile {
    bench.test.flowFile(["participant": "P1", "slice.start": "2026-08-15T00:00:00Z", "slice.end": "2026-08-15T12:00:00Z", "slice.date": "2026-08-15", "slice.end_date": "2026-08-16"])
  }

  private static func answer(_ path: String) -> HTTPResponse { path == "/list" ? .json(list) : .json(#"{"of":"\#(path)"}"#) }

  @Test("the answers are a list of the elements' attributes with their answers, in the order of the elements")
  func list() async throws {
    let bench = try Self.bench(Self.properties()) { path, _, _ in Self.answer(path) }
    let answered = try #require(await bench.run()["success"].first)
    #expect(
      answered.text == #"{"list":\#(Self.list),"tracks":[{"id":"9007199254740993","at":"2026-08-15T07:00:00-04:00","track":"t","answer":{"of":"/track/9007199254740993"}},"#
        + #"{"id":"b","at":"2026-08-15T09:00:00Z","track":"","answer":{"of":"/track/b"}},{"id":"18446744073709551615","at":"2026-08-15T23:59:59Z","track":"t","answer":{"of":"/track/18446744073709551615"}}]}"#)
    #expect(answered["invokeendpoint.path"] == "/list" && answered["invokeendpoint.parts"] == nil && answered["id"] == nil)
  }

  @Test("elements outside the slice are left to theirs; a condition decides whether an element is requested")
  func chosen() async throws {
    let within: [String: PropertyLiteral] = ["within": ["kind": "instant", "from": "at"]]
    for (element, expected) in [(within, ["/track/9007199254740993", "/track/b"]), (within.merging(["when": "${track:isEmpty():not()}"]) { $1 }, ["/track/9007199254740993"])] {
      let bench = try Self.bench(Self.properties(element)) { path, _, _ in Self.answer(path) }
      #expect(await bench.run(Self.sliced(bench))["success"].count == 1)
      #expect(bench.provider.asked.map(\.path).filter { $0 != "/list" }.sorted() == expected)
    }
  }

  @Test("no elements: an empty list and no request")
  func none() async throws {
    let bench = try Self.bench(Self.properties()) { _, _, _ in .json(#"{"rows":[]}"#) }
    #expect(await bench.run()["success"].first?.text == #"{"list":{"rows":[]},"tracks":[]}"#)
    #expect(bench.provider.asked.count == 1)
  }

  @Test("the provider's word that there is none is recorded; a gateway's is not")
  func absent() async throws {
    let missing = try HTTPResponse.payload(404, "ghealth-error-404-resource.json")
    let bench = try Self.bench(Self.properties()) { path, _, _ in path == "/track/b" ? missing : Self.answer(path) }
    let answered = try #require(await bench.run()["success"].first)
    #expect(answered.text.contains(#"{"id":"b","at":"2026-08-15T09:00:00Z","track":"","absent":404}"#))
    let page = HTTPResponse(status: 404, headers: ["Content-Type": "text/html"], body: Array("<html></html>".utf8))
    let gateway = try Self.bench(Self.properties()) { path, _, _ in path == "/track/b" ? page : Self.answer(path) }
    #expect(await gateway.run()["success"].isEmpty)
    let unexpected = try Self.bench(Self.properties([:], ["absent": []])) { path, _, _ in path == "/track/b" ? missing : Self.answer(path) }
    #expect(await unexpected.run()["success"].isEmpty)
  }

  @Test("a refused scope omits the part alone, whoever finds out")
  func lacking() async throws {
    let known = try Self.bench(Self.properties(), refused: ["location"]) { path, _, _ in Self.answer(path) }
    let refusal = try HTTPResponse.payload(403, "ghealth-error-403-scope.json")
    let found = try Self.bench(Self.properties()) { path, _, _ in path == "/track/b" ? refusal : Self.answer(path) }
    for bench in [known, found] {
      let answered = try #require(await bench.run()["success"].first)
      #expect(answered.text == #"{"list":\#(Self.list)}"#)
      #expect(answered["slice.lacking"] == "location" && answered["invokeendpoint.absent_parts"] == "tracks")
    }
    #expect(known.provider.asked.count == 1)
  }

  @Test("all or none: after a failure or a rate limit only what has no answer is requested again, within a day")
  func resumes() async throws {
    let limit = try HTTPResponse.payload(429, "ghealth-error-429.json")
    let asked = Locked<[String: Int]>([:])
    let bench = try Self.bench(Self.properties()) { path, _, _ in
      let count = asked.withLock { asked in
        asked[path, default: 0] += 1
        return asked[path] ?? 0
      }
      return path == "/track/b" && count < 3 ? (count == 1 ? limit : .json("{")) : Self.answer(path)
    }
    let limited = try #require(await bench.run().requeued.first)
    #expect(limited.penalty == .seconds(60))
    #expect(limited.flowFile["invokeendpoint.parts"] == "list")
    let failed = try #require(await bench.run(limited.flowFile)["retry"].first)
    #expect(failed.text == limited.flowFile.text, "a failure without progress changes nothing")
    let answered = try #require(await bench.run(limited.flowFile)["success"].first)
    #expect(answered.text.contains(#""track":"t","answer":{"of":"/track/9007199254740993"}},{"id":"b","at":"2026-08-15T09:00:00Z""#), "in the order of the elements: \(answered.text)")
    #expect(asked.withLock { $0 } == ["/list": 1, "/track/9007199254740993": 1, "/track/b": 3, "/track/18446744073709551615": 1])

    for (wait, count) in [(3601, 1), (86_400, 2)] {
      bench.time.advance(by: .seconds(wait))
      _ = await bench.run(limited.flowFile)
      #expect(asked.withLock { $0["/list"] } == count)
    }
  }

  @Test("an answer of another shape, and too many elements, fail")
  func failing() async throws {
    let other = try Self.bench(Self.properties()) { _, _, _ in .json(#"{"other":1}"#) }
    #expect(await other.run()["failure"].first?.failure?.message.hasPrefix("elements of 'list' for 'tracks': /rows is absent") == true)
    let many = try Self.bench(Self.properties(["limit": "2"])) { path, _, _ in Self.answer(path) }
    #expect((await many.run().error as? ProcessorError)?.failure.message == "'list' has 3 elements to request; expected at most 2")
  }

  // MARK: XML

  private static func xml(_ text: String, _ type: String = "application/vnd.garmin.tcx+xml") -> HTTPResponse {
    HTTPResponse(status: 200, headers: ["Content-Type": type], body: Array(text.utf8))
  }

  @Test("a whole XML document is a string in the object, and the content by itself")
  func document() async throws {
    let text = #"<?xml version="1.0"?><TrainingCenterDatabase a="1">é</TrainingCenterDatabase>"#
    let bench = try Self.bench(Self.properties([:], ["accept": "tcx"])) { path, _, _ in path == "/list" ? .json(#"{"rows":[{"id":1}]}"#) : Self.xml(text) }
    let answered = try #require(await bench.run()["success"].first)
    #expect(answered.text.hasSuffix(#""tracks":[{"id":"1","at":"","track":"","answer":"<?xml version=\"1.0\"?><TrainingCenterDatabase a=\"1\">é</TrainingCenterDatabase>"}]}"#))
    let single = try Self.bench(["url": "/x", "accept": "xml"]) { _, _, _ in Self.xml("<a/>", "text/xml") }
    #expect(await single.run()["success"].first?.text == "<a/>")
  }

  @Test(
    "a cut, empty or other document is no success",
    arguments: [
      ("<TrainingCenterDatabase><Activities>", "application/xml"), ("", "application/xml"), ("<other/>", "application/xml"), ("<html><body/></html>", "text/html"), ("{}", "application/json"),
      ("<!DOCTYPE x><TrainingCenterDatabase/>", "application/xml"),
    ])
  func incomplete(_ text: String, _ type: String) async throws {
    let bench = try Self.bench(["url": "/x", "accept": "tcx"]) { _, _, _ in Self.xml(text, type) }
    #expect(await bench.run()["retry"].count == 1)
  }

  // MARK: Pages with an end of the slice

  @Test("pages end with the one that reaches the slice's end")
  func until() async throws {
    let pages: PropertyLiteral = ["next": "/next", "until": "/rows/*/at"]
    let bench = try Self.bench(["url": "/list", "pages": pages]) { path, _, count in
      .json(#"{"rows":[{"at":"2026-08-15T\#(count == 1 ? "11:59:59" : "12:00:00")Z"}],"next":"https://provider.example/list\#(count)"}"#)
    }
    #expect(await bench.run(Self.sliced(bench))["success"].count == 1)
    #expect(bench.provider.asked.map(\.path) == ["/list", "/list1"])
  }
}
