import FlowCore
import FlowDefinition
import FlowTesting
import StudyModel
import Testing

@testable import FlowJSON
@testable import StudyProcessors

/// The content made of kept responses is that of the run that fetched them, byte for byte.
@Suite("The content of kept responses")
struct RawAnswerContentTests {
  /// A processor of a random shape, and a provider that answers, fails and refuses at random.
  private struct Shape: CustomStringConvertible {
    let dice: SeededRandomSource
    var properties: [String: PropertyLiteral] = [:]
    var description = ""

    init(seed: UInt64) {
      dice = SeededRandomSource(seed: seed)
      let pages: PropertyLiteral = ["token": "/next", "parameter": "t"]
      guard dice.next() % 4 != 0 else {
        properties = ["url": "/single"]
        if dice.next() % 2 == 0 { properties["pages"] = pages }
        description = "single \(properties.keys.sorted())"
        return
      }
      let parts = (0..<(1 + dice.next() % 4)).map { number -> PropertyLiteral in
        var part: [(String, PropertyLiteral)] = [("into", "p\"\(number)"), ("url", "/p\(number)/${slice.date}")]
        if dice.next() % 2 == 0 { part.append(("scope", "scope\(number)")) }
        if dice.next() % 3 == 0 { part.append(("pages", pages)) }
        if dice.next() % 3 == 0 { part.append(("max_span", "2d")) }
        description += "(\(part.map(\.0).joined(separator: " ")))"
        return .map(part)
      }
      properties = ["parts": .list(parts)]
    }

    func answer(_ path: String, _ count: Int, refusal: HTTPResponse, trouble: HTTPResponse) -> HTTPResponse {
      switch dice.next() % 12 {
      case 0, 1: return trouble
      case 2 where path.hasPrefix("/p"): return refusal
      default:
        let body = ["{\"n\":\(count)\(more)}", "\u{FEFF}{\"n\":\(count)\(more)}", " {\"ä\" : [1.50,\(count)]\(more) }\n"][Int(dice.next() % 3)]
        return HTTPResponse(status: 200, headers: ["Content-Type": "application/json"], body: Array(body.utf8))
      }
    }
    private var more: String { dice.next() % 3 == 0 ? ",\"next\":\"\(dice.next() % 1_000_000)\"" : "" }
  }

  private static func flowFile(_ test: ProcessorTest) throws -> FlowFile {
    let day: Int64 = 1_767_571_200
    let slices = (0..<5).map { PlannedSlice(start: day + $0 * 86_400, end: day + ($0 + 1) * 86_400, zone: "UTC", isProvisional: false) }
    var flowFile = test.flowFile(["participant": "P1"])
    try SliceAttributes.set(on: &flowFile, try #require(Array(SpanSequence(slices.makeIterator(), of: "daily", upTo: .days(400))).first))
    return flowFile
  }

  @Test("equals the content, whatever its shape, and whatever failed, was refused or became too old on the way", arguments: Seeds.chosen(usual: 150))
  func random(seed: UInt64) async throws {
    let shape = Shape(seed: seed)
    let refusal = try HTTPResponse.payload(403, "ghealth-error-403-scope.json")
    let trouble = try HTTPResponse.payload(503, "ghealth-error-503.json")
    let storage = MemoryRawStorage()
    let time = ManualTime(now: Instant(seconds: 1_767_571_200))
    let provider = ScriptedProvider { path, _, count in shape.answer(path, count, refusal: refusal, trouble: trouble) }
    // One request at a time, so that the seed decides.
    let test = try ProcessorTest(
      InvokeEndpoint.self, shape.properties.merging(["provider": "google", "raw": "raw"]) { $1 }, services: ["google": provider, "raw": storage],
      compiler: CompiledExpressions(parameters: []), concurrency: 1, environment: .undriven(time: time, json: SimdJSONExtractor()))
    var flowFile = try Self.flowFile(test)
    for _ in 0..<200 {
      let outcome = await test.run([flowFile])
      #expect(outcome.error == nil, "\(shape), seed \(seed)")
      if let answered = outcome["success"].first {
        var whole = try #require(storage.kept.last)
        #expect(whole.isComplete && storage.kept.dropLast().allSatisfy { !$0.isComplete })
        whole.responses = storage.kept.filter { [attempt = whole.attempt] in $0.attempt == attempt }.flatMap(\.responses)
        let content = try whole.content()
        #expect(String(decoding: content, as: UTF8.self) == answered.text, "\(shape), seed \(seed)")
        return
      }
      guard let next = outcome.requeued.first?.flowFile ?? outcome["retry"].first else {
        #expect(outcome["scope"].count + outcome["failure"].count == 1, "\(shape), seed \(seed)")
        return
      }
      flowFile = next
      time.advance(by: .seconds(shape.dice.next() % 6 == 0 ? 3700 : 1))
    }
    Issue.record("no answer after 200 triggers: \(shape), seed \(seed)")
  }

  // MARK: What does not fit

  private static func answer(_ responses: [(part: String?, body: String)], members: [String]? = nil, sha256: String? = nil) -> RawAnswer {
    RawAnswer(
      participant: "P1", provider: "p", processor: "invoke", flowFile: "f", attributes: sha256.map { ["sha256": $0] } ?? [:],
      responses: responses.map { RawResponse(place: .init(part: $0.part), url: "u", status: 200, fetchedAt: Instant(seconds: 0), body: Array($0.body.utf8)) }, isComplete: true,
      members: members)
  }

  @Test("that does not have the hash that was recorded with it is bad data, not rows")
  func hash() {
    let error = #expect(throws: ProcessorError.self) { try Self.answer([(nil, "{}")], sha256: "ab").content() }
    #expect(error?.failure.cause == .badData && error?.failure.message.contains("expected ab") == true)
  }

  @Test("with a response that belongs to no member of the content is bad data", arguments: [["a"], ["b"], nil])
  func strange(members: [String]?) {
    let error = #expect(throws: ProcessorError.self) { try Self.answer([("a", "{}"), (nil, "{}")], members: members).content() }
    #expect(error?.failure.cause == .badData)
  }

  @Test("has an empty list for a part that was repeated for no element")
  func noElements() throws {
    let content = try Self.answer([("a", "{\"n\":[]}")], members: ["a", "details"]).content()
    #expect(String(decoding: content, as: UTF8.self) == "{\"a\":{\"n\":[]},\"details\":[]}")
  }
}
