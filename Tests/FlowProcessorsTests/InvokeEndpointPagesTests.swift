import FlowCore
import FlowTesting
import StudyModel
import Testing

@testable import StudyProcessors

/// All pages of an answer become one content, or none.
@Suite("InvokeEndpoint follows pages")
struct InvokeEndpointPagesTests {
  private static let token: [String: PropertyLiteral] = [
    "url": "/v4/points", "query": ["pageSize": "2", "filter": "a >= \"b\""], "pages": ["token": "/nextPageToken", "parameter": "pageToken"],
  ]
  private static func failure(_ outcome: ProcessorTest.Outcome) -> FlowFileFailure? { outcome["failure"].first?.failure }

  @Test("pages are joined in order, including an empty one with a next page; filter and page size stay")
  func joined() async throws {
    let pages = [#"{"dataPoints":[1,2],"nextPageToken":"A/1"}"#, #"{"nextPageToken":"B"}"#, #"{"dataPoints":[3]}"#]
    let bench = try EndpointBench(Self.token) { _, _, count in .json(pages[count - 1]) }
    let outcome = await bench.run()
    let answered = try #require(outcome["success"].first)
    #expect(answered.text == "[" + pages.joined(separator: ",") + "]")
    let first = "/v4/points?pageSize=2&filter=a%20%3E%3D%20%22b%22"
    #expect(bench.provider.asked.map(\.path) == [first, first + "&pageToken=A%2F1", first + "&pageToken=B"])
    #expect(answered["sha256"]?.count == 64)
    #expect(outcome.counters["requests"] == 3)
  }

  @Test("the token goes into the body of a POST")
  func body() async throws {
    let bench = try EndpointBench(
      Self.token.merging(["method": "POST", "query": [:], "body": #"{"range":{"a":1}}"#]) { $1 }
    ) { _, _, count in .json(count == 1 ? #"{"nextPageToken":"A\"1"}"# : "{}") }
    _ = await bench.run()
    #expect(bench.provider.asked.map(\.body) == [#"{"range":{"a":1}}"#, #"{"range":{"a":1},"pageToken":"A\"1"}"#])
    #expect(Set(bench.provider.asked.map(\.path)) == ["/v4/points"])
  }

  @Test("a page that refers to an earlier one fails as bad data instead of looping")
  func repeated() async throws {
    let bench = try EndpointBench(Self.token) { _, _, count in .json(#"{"nextPageToken":"\#(count % 2)"}"#) }
    let outcome = await bench.run()
    #expect(Self.failure(outcome)?.cause == .badData)
    #expect(Self.failure(outcome)?.message.contains("links to a next page that") == true)
    #expect(bench.provider.asked.count == 3)
    #expect(outcome["failure"].first?.content == .empty)
  }

  @Test("more pages or bytes than allowed fail as bad data", arguments: [["limit": "2"], ["bytes": "50"]] as [[String: PropertyLiteral]])
  func limits(_ limit: [String: PropertyLiteral]) async throws {
    var properties = Self.token
    let rule: [String: PropertyLiteral] = ["token": "/nextPageToken", "parameter": "pageToken"].merging(limit) { $1 }
    properties["pages"] = .map(rule.map { ($0.key, $0.value) })
    let bench = try EndpointBench(properties) { _, _, count in .json(#"{"nextPageToken":"\#(count)"}"#) }
    #expect(Self.failure(await bench.run())?.cause == .badData)
    #expect(bench.provider.asked.count <= 3)
  }

  @Test("a link to the next page is followed on the provider's own host, from there on by its own query")
  func links() async throws {
    let bench = try EndpointBench(["url": "/1/list.json", "query": ["limit": "2"], "pages": ["next": "/pagination/next"]]) { _, _, count in
      .json(
        count == 1
          ? #"{"pagination":{"next":"https://provider.example/1/list.json?offset=2"}}"#
          : count == 2 ? #"{"pagination":{"next":"/1/list.json?offset=4"}}"# : #"{"pagination":{"next":""}}"#)
    }
    let outcome = await bench.run()
    #expect(outcome["success"].count == 1)
    #expect(bench.provider.asked.map(\.path) == ["/1/list.json?limit=2", "/1/list.json?offset=2", "/1/list.json?offset=4"])
  }

  @Test(
    "a link to another host is never followed: it would receive the token",
    arguments: [
      "https://evil.example/1/list.json", "https://provider.example.evil/x", "http://provider.example/x", "//evil.example/x",
      "https://provider.example@evil.example/", "x", "https://provider.example",
    ])
  func otherHosts(_ link: String) async throws {
    let bench = try EndpointBench(["url": "/1/list.json", "pages": ["next": "/next"]]) { _, _, _ in .json(#"{"next":"\#(link)"}"#) }
    let outcome = await bench.run()
    #expect(Self.failure(outcome)?.cause == .badData)
    #expect(bench.provider.asked.count == 1)
  }

  @Test(
    "a failure between pages emits nothing",
    arguments: [
      (429, "ghealth-error-429.json", ""), (503, "ghealth-error-503.json", "retry"), (400, "ghealth-error-400-invalid-filter.json", "failure"),
      (403, "ghealth-error-403-scope.json", "scope"), (400, "ghealth-error-400-account-not-linked.json", "failure"),
      (403, "ghealth-error-403-resource.json", "failure"), (412, "ghealth-error-412.json", "failure"),
      (401, "ghealth-error-401-unauthenticated.json", "retry"),
    ])
  func midway(status: Int, payload: String, relationship: String) async throws {
    let response = try HTTPResponse.payload(status, payload)
    let bench = try EndpointBench(Self.token) { _, _, count in count == 1 ? .json(#"{"dataPoints":[1],"nextPageToken":"A"}"#) : response }
    let outcome = await bench.run()
    #expect(outcome["success"].isEmpty)
    let left = try #require(relationship.isEmpty ? outcome.requeued.first?.flowFile : outcome[relationship].first)
    #expect(left.content == .empty)
    if relationship.isEmpty { #expect(outcome.requeued.first?.penalty == .seconds(60)) }
  }

  @Test("an unreadable page is not treated as the last: it is requested again, then fails as bad data")
  func cutOff() async throws {
    let bench = try EndpointBench(Self.token) { _, _, count in .json(count == 1 ? #"{"nextPageToken":"A"}"# : #"{"dataPoints":[1,}"#) }
    let outcome = await bench.run()
    #expect(outcome["retry"].first?.failure?.cause == .badData)
  }

  @Test("pages of any encoding are joined", arguments: [[0xEF, 0xBB, 0xBF, 0x7B, 0x7D], [0xFF, 0xFE, 0x7B, 0, 0x7D, 0]] as [[UInt8]])
  func encodings(_ page: [UInt8]) async throws {
    let bench = try EndpointBench(Self.token) { _, _, count in
      count == 1 ? .json(#"{"nextPageToken":"A"}"#) : HTTPResponse(status: 200, headers: ["Content-Type": "application/json"], body: page)
    }
    #expect(await bench.run()["success"].first?.content == .bytes(Array(#"[{"nextPageToken":"A"},{}]"#.utf8)))
  }

  @Test(
    "a non-JSON page of a gateway is temporary; complete JSON that cannot be read is bad data",
    arguments: [
      ("text/html", "<html></html>", Cause.notJSON), ("application/json", "<html></html>", .notJSON), ("application/json", " ", .notJSON),
      ("application/json", #"{"a":[1"#, .badData), ("application/json", "no healthy upstream", .badData),
    ])
  func defects(type: String, body: String, cause: Cause) async throws {
    let response = HTTPResponse(status: 200, headers: ["Content-Type": type], body: Array(body.utf8))
    let outcome = await (try EndpointBench(["url": "/a"]) { _, _, _ in response }).run()
    #expect(outcome["retry"].first?.failure?.cause == cause)
  }

  @Test("as many requests are set aside as the answer before had pages; none remain, whatever becomes of it")
  func setAside() async throws {
    let pages = [#"{"nextPageToken":"A"}"#, #"{"nextPageToken":"B"}"#, "{}", #"{"nextPageToken":"A"}"#, "{}", #"{"nextPageToken":"A"}"#, "<html>"]
    let bench = try EndpointBench(Self.token) { _, _, count in .json(pages[count - 1]) }
    for _ in 1...3 { _ = await bench.run() }
    // The third answer fails at its second page of the two that the second one had.
    #expect(bench.provider.setAside == [3, 2])
    #expect(bench.provider.setAsideCount == 0)
    #expect(bench.provider.asked.count == 7)
  }

  @Test("an answer for which too few requests are left waits before its first page")
  func waits() async throws {
    let pages = [#"{"nextPageToken":"A"}"#, "{}"]
    let bench = try EndpointBench(Self.token) { _, _, count in .json(pages[count - 1]) }
    _ = await bench.run()
    bench.provider.state.withLock { $0.waitForMore = .seconds(7) }
    #expect(await bench.run().requeued.first?.penalty == .seconds(7))
    #expect(bench.provider.asked.count == 2)
  }
}
