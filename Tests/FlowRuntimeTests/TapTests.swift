import FlowCore
import FlowDefinition
import FlowErrors
import FlowFileSystem
import FlowTesting
import Foundation
import StudyModel
import Testing

@testable import FlowEngine
@testable import FlowRuntime

@Suite("A tap", .timeLimit(.minutes(5)))
struct TapTests {
  private static func step(
    _ kind: FlowFileEvent.Kind, at processor: String = "keep", attributes: Attributes = [:], content: Content = .empty
  ) throws -> FlowFileEvent {
    let id = FlowFileID(SeededRandomSource(seed: 7))
    let time = try #require(Instant(rfc3339: "2026-01-05T12:00:00Z"))
    let flowFile = FlowFile(id: id, attributes: attributes, content: content, lineage: LineageID(1), created: time)
    return FlowFileEvent(kind: kind, flowFile: flowFile, processor: processor, time: time)
  }

  @Test("keeps what its processor sends to its relationship, and nothing else")
  func target() throws {
    var state = TapState()
    let all = state.add(TapTarget(processor: "keep")), failures = state.add(TapTarget(processor: "keep", relationship: "failure"))
    #expect(state.wants("keep") && !state.wants("other"))
    state.keep(state.accept([
      try Self.step(.routed(relationship: "success", to: "drop")), try Self.step(.routed(relationship: "failure", to: "errors")),
      try Self.step(.routed(relationship: "failure", to: "errors"), at: "other"), try Self.step(.created), try Self.step(.ended(.finished)),
    ]))
    #expect(state.take(all, isLast: false).kept.map(\.relationship) == ["success", "failure"])
    #expect(state.take(failures, isLast: false).kept.map(\.destination) == ["errors"])
    #expect(state.take(all, isLast: false).kept.isEmpty)
    state.remove(all)
    state.remove(failures)
    #expect(!state.wants("keep") && state.take(all, isLast: false).dropped == 0)
  }

  @Test("drops and counts what is not taken in time")
  func drops() throws {
    var state = TapState()
    let id = state.add(TapTarget(processor: "keep"))
    let step = try Self.step(.routed(relationship: "success", to: "drop"))
    for _ in 0..<TapState.limit + 7 { state.keep(state.accept([step])) }
    let first = state.take(id, isLast: false)
    #expect(first.kept.count == TapState.portion && first.dropped == 7)
    state.keep(state.accept([step, step]))
    let rest = state.take(id, isLast: true)
    #expect(rest.kept.count == TapState.limit - TapState.portion + 2 && rest.dropped == 7)
    #expect(state.take(id, isLast: true).kept.isEmpty)
  }

  @Test("shows attributes without secrets, and the size of a content")
  func secrets() throws {
    var state = TapState()
    let id = state.add(TapTarget(processor: "keep"))
    state.keep(state.accept([
      try Self.step(
        .routed(relationship: "success", to: "drop"),
        attributes: [
          AttributeName.participant: "P0001", "url": "https://api.example/1/user?code=s3cret%2Ftoken", "header": "Bearer s3cret/token", "access_token": "anything",
          "page": "2",
        ], content: .bytes([1, 2, 3]))
    ]))
    let passed = try #require(state.take(id, isLast: false).kept.first)
    let shown = TappedFlowFile(passed, redaction: Redaction(["s3cret/token"]))
    #expect(
      shown.attributes == [
        AttributeName.participant: "P0001", "url": "https://api.example/1/user?code=[redacted]", "header": "Bearer [redacted]", "access_token": "[redacted]",
        "page": "2",
      ])
    #expect(shown.content == "bytes" && shown.size == 3 && shown.time == "2026-01-05T12:00:00Z")
    #expect(
      String(decoding: shown.json, as: UTF8.self).hasSuffix(
        #"},"content":"bytes","processor":"keep","relationship":"success","size":3,"time":"2026-01-05T12:00:00Z","to":"drop","uuid":"\#(passed.id.text)"}"#))
    for line in [TapLine.flowFile(shown), .dropped(7)] { #expect(try JSONDecoder().decode(TapLine.self, from: Data(line.bytes)) == line) }
  }

  @Test("hides attributes that are called as secrets are, in whatever case", arguments: [
    ("token", true), ("X-Auth-TOKEN", true), ("clientSecret", true), ("db.password", true), ("Set-Cookie", true), ("API_KEY", true), ("apiKey", true), ("to\u{212A}en", true),
    ("", false), ("t", false), ("tok", false), ("toke n", false), ("filename", false), ("key", false), ("größe", false),
  ])
  func names(_ name: String, _ isSecret: Bool) {
    #expect(SecretNames.contain(name) == isSecret)
  }

  @Test("asks for secrets when a FlowFile passes: later, its participant's tokens are forgotten")
  func forgotten() throws {
    let tokens = Locked(["P0001": "s3cret-token"])
    let board = TapBoard()
    board.begin { participant in tokens.withLock { tokens in participant.flatMap { tokens[$0] }.map { [$0] } ?? [] } }
    let id = board.add(TapTarget(processor: "keep"))
    board.note([try Self.step(.routed(relationship: "success", to: "drop"), attributes: [AttributeName.participant: "P0001", "echo": "s3cret-token"])])
    tokens.withLock { $0 = [:] }
    let passed = try #require(board.take(id, isLast: true).kept.first)
    #expect(passed.secrets == ["s3cret-token"])
    #expect(TappedFlowFile(passed, redaction: Redaction(passed.secrets)).attributes["echo"] == "[redacted]")
  }

  @Test("does not wait: a run in which nobody takes what a tap keeps ends, and the rest is counted")
  func run() async throws {
    let flow = try HelloFlow()
    let id = Locked<Int?>(nil)
    flow.atFirstFile { id.withLock { $0 = flow.run.taps.add(TapTarget(processor: "keep")) } }
    #expect(try await flow.run.run().exit == 0)
    let (kept, dropped) = flow.run.taps.take(try #require(id.withLock { $0 }), isLast: true)
    #expect(kept.count == 5 && dropped == 0 && kept.allSatisfy { $0.destination == "drop" })
  }

  @Test("gets what passes through the socket of a run, to its end")
  func socket() async throws {
    let time = ManualTime()
    let flow = try WaitingFlow()
    let run = try flow.run { $0.time = time }
    run.start()
    #expect(await run.hasBegun)
    let client = LiveClient(state: flow.state)
    try await waitUntil { await client.runs().first?.isWaiting == true }
    let lines = try #require(await client.tap(TapTarget(processor: "keep", relationship: "success"), of: run.id))
    let other = try #require(await client.tap(TapTarget(processor: "begin"), of: run.id))
    try await waitUntil { run.taps.wants("keep") && run.taps.wants("begin") }
    try POSIXFileSystem().removeFile(flow.folder.path("file"))
    time.advance(by: .seconds(3600))
    let hasEnded = Locked(false)
    let clock = Task { while !hasEnded.withLock({ $0 }) { time.advance(by: .milliseconds(100)); await Task.yield() } }
    #expect(try await run.result.exit == 0)
    hasEnded.withLock { $0 = true }
    await clock.value
    var uuids: Set<String> = []
    for await line in lines { if case .flowFile(let flowFile) = line { uuids.insert(flowFile.uuid) } }
    #expect(uuids.count == 3)
    for await line in other { #expect(line == .dropped(0)) }
    #expect(await client.tap(TapTarget(processor: "keep"), of: run.id) == nil)
  }

  @Test("names a processor, or one of its relationships", arguments: [
    ("keep", "keep", nil), ("keep.failure", "keep", "failure"), ("v1.2", "v1.2", nil), ("v1.2.success", "v1.2", "success"),
  ] as [(String, String, String?)])
  func names(text: String, processor: String, relationship: String?) throws {
    let graph = try FlowCatalog.loader(on: .here()).load(
      bytes: Array(
        """
        flow: named
        processors:
          - { name: v1.2, type: GenerateFlowFile, to: { success: keep } }
          - { name: keep, type: PutFile, properties: { folder: out, name: a }, to: { success: drop, failure: errors } }
        """.utf8), file: "named.yaml"
    ).get()
    #expect(try TapTarget(text, in: graph) == TapTarget(processor: processor, relationship: relationship))
  }

  @Test("a name that a flow of many processors does not have is answered with those that have the word, or with where they are listed", arguments: [
    ("extract", "did you mean one of: extract heart, extract steps"), ("extract.success", "did you mean one of: extract heart, extract steps"),
    ("extract hart", "did you mean 'extract heart'?"), ("colour", "flowrun graph 'my flow.yaml' --format text lists them"),
  ])
  func unknown(text: String, hint: String) throws {
    let names = ["extract heart", "extract steps"] + (1...12).map { "step \($0)" }
    let nodes = names.enumerated().map { number, name in
      let type = number == 0 ? "GenerateFlowFile" : "LogAttribute", next = number + 1 < names.count ? names[number + 1] : "drop"
      return "  - { name: \(name), type: \(type), to: { success: \(next) } }"
    }
    let yaml = "flow: many\nprocessors:\n" + nodes.joined(separator: "\n") + "\n"
    let graph = try FlowCatalog.loader(on: .here()).load(bytes: Array(yaml.utf8), file: "my flow.yaml").get()
    let problem = try #require(throws: Diagnostic.self) { try TapTarget(text, in: graph) }
    #expect(problem.hint == hint && problem.found == "it has no processor '\(text)'")
  }
}
