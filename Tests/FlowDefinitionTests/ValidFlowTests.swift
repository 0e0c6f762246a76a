import FlowCore
import FlowDefinition
import StudyModel
import Testing

@Suite("a valid flow file")
struct ValidFlowTests {
  let graph: FlowGraph

  init() throws { graph = try load(Flows.whole).get() }

  private func node(_ name: String) throws -> ProcessorNode {
    graph.processors[try #require(graph.index(of: name))]
  }
  private func destinations(_ name: String, _ relationship: String) throws -> [GraphOutput.Destination] {
    try #require(try node(name).outputs.first { $0.relationship == relationship }).destinations
  }

  @Test("gives the graph its name, summary, file and hash")
  func head() {
    #expect(graph.name == "fitbit")
    #expect(graph.summary == "Links participants with their own data.")
    #expect(graph.file == "flow.yaml")
    #expect(graph.sha256.count == 64)
  }

  @Test("has the SHA-256 of its bytes")
  func hash() throws {
    let text = "flow: a\nprocessors: [ { name: b, type: GenerateFlowFile, to: { success: drop } } ]\n"
    let hash = "cbbba65f4656b2eb3c84bd32da2b2c548447936eed23324a3bad6aa9097847bf"
    #expect(try load(text).get().sha256 == hash)
  }

  @Test("keeps processors in the order of the file, with groups, types and positions")
  func processors() throws {
    #expect(
      graph.processors.map(\.name) == ["read token file", "slice time range", "invoke heart", "extract", "write"])
    #expect(graph.processors.map(\.group) == ["get access token", "get fitbit data", "", "", ""])
    #expect(try node("write").type == WriteRecords.self)
    #expect(try node("write").position == SourcePosition(line: 51, column: 11))
  }

  @Test("uses the configured concurrency, otherwise the processor's default")
  func concurrency() throws {
    #expect(try node("slice time range").concurrency == 2)
    #expect(try node("invoke heart").concurrency == 8)
    #expect(try node("extract").concurrency == 1)
  }

  @Test("lists every relationship in declared order, including dynamic ones")
  func relationships() throws {
    #expect(try node("slice time range").outputs.map(\.relationship) == ["failure", "heart", "activity"])
    #expect(try node("invoke heart").outputs.map(\.relationship) == ["success", "rate_limited", "failure"])
  }

  @Test("sends failure to the error folder by default")
  func failure() throws {
    #expect(try destinations("extract", "failure") == [.errors])
    #expect(try destinations("slice time range", "failure") == [.defer])
    #expect(try destinations("write", "success") == [.drop])
  }

  @Test("inherits queue limits from the flow's defaults")
  func queues() throws {
    #expect(
      try destinations("slice time range", "heart")
        == [.processor(2, QueueLimits(count: 100, bytes: 8 << 20, prioritise: "age"))])
    #expect(
      try destinations("slice time range", "activity")
        == [
          .processor(2, QueueLimits(count: 500, bytes: 8 << 20)),
          .processor(4, QueueLimits(count: 500, bytes: 8 << 20)),
        ])
  }

  @Test("reads retries")
  func retries() throws {
    #expect(
      try node("invoke heart").retry
        == RetryRule(
          attempts: 5, backoff: .seconds(2), maximumBackoff: .seconds(300), relationships: ["failure", "rate_limited"]))
    #expect(try node("extract").retry == nil)
  }

  @Test("has retry defaults of one second, ten minutes and failure")
  func retryDefaults() throws {
    let text = """
      flow: test
      processors:
        - { name: a, type: GenerateFlowFile, to: { success: b } }
        - { name: b, type: PutFile, properties: { folder: out }, to: { success: drop }, retry: { attempts: 3 } }
        - { name: c, type: GenerateFlowFile, to: { success: d } }
        - { name: d, type: PutFile, properties: { folder: out }, to: { success: drop }, retry: { attempts: 2, backoff: 1h } }
      """
    let processors = try load(text).get().processors
    #expect(
      processors[1].retry
        == RetryRule(attempts: 3, backoff: .seconds(1), maximumBackoff: .seconds(600), relationships: ["failure"]))
    #expect(processors[3].retry?.maximumBackoff == .seconds(3600))
  }

  @Test("reads typed properties")
  func properties() throws {
    let slices = try node("slice time range").values[SliceTimeRange.slices]
    #expect(slices.map(\.relationship) == ["heart", "activity"])
    #expect(try node("slice time range").values[SliceTimeRange.ledger] == ServiceReference(name: "database"))
    #expect(try node("slice time range").values[SliceTimeRange.reread] == .seconds(172_800))
    #expect(
      try node("extract").values[ExtractRecords.columns].map(\.name) == ["instant", "utc_offset", "value", "quality"])
    #expect(try node("invoke heart").values[InvokeEndpoint.url].attributeNames == ["slice.date"])
  }

  @Test("declares its services")
  func services() {
    #expect(graph.services.map(\.name) == ["database", "fitbit"])
    #expect(graph.services.map(\.type) == ["SQLiteDatabase", "FitbitWebAPI"])
  }

  @Test("may contain cycles, and lists them")
  func cycles() {
    #expect(graph.cycles == [["invoke heart"]])
  }

  @Test("lists every cycle once, longer ones too")
  func longCycles() throws {
    let text = """
      flow: test
      processors:
        - { name: start, type: GenerateFlowFile, to: { success: [a, d] } }
        - { name: a, type: PutFile, properties: { folder: x }, to: { success: b } }
        - { name: b, type: PutFile, properties: { folder: x }, retry: { attempts: 2 }, to: { success: c, failure: a } }
        - { name: c, type: PutFile, properties: { folder: x }, to: { success: drop } }
        - { name: d, type: PutFile, properties: { folder: x }, to: { success: e } }
        - { name: e, type: PutFile, properties: { folder: x }, to: { success: [c, f] } }
        - { name: f, type: PutFile, properties: { folder: x }, retry: { attempts: 2 }, to: { success: drop, failure: d } }
      """
    #expect(try load(text).get().cycles == [["a", "b"], ["d", "e", "f"]])
  }

  @Test("may use plain aliases, within bounds")
  func aliases() throws {
    let text = """
      flow: test
      processors:
        - { name: a, type: GenerateFlowFile, properties: &common { count: 3, text: x }, to: &end { success: drop } }
        - { name: b, type: GenerateFlowFile, properties: *common, to: *end }
      """
    let processors = try load(text).get().processors
    #expect(processors[1].values[GenerateFlowFile.count] == 3)
    #expect(processors[1].outputs.map(\.destinations) == [[.drop]])
  }

  @Test("may start with a byte order mark and end its lines with carriage returns")
  func byteOrderMark() throws {
    #expect(try load("\u{FEFF}" + Flows.whole.replacing("\n", with: "\r\n")).get().processors.count == 5)
  }

  @Test(
    "keeps the text of scalars",
    arguments: ["no", "1e3", "012", "0x1F", "1_000", "yes", "2026-11-21", ".5", "1:30", "True", "NULL"])
  func scalarsKeepTheirText(text: String) throws {
    let graph = try load(Flows.text(text)).get()
    #expect(graph.processors[0].values[GenerateFlowFile.text] == text)
  }

  @Test(
    "treats unquoted null, ~ and an empty value as null",
    arguments: [("null", ""), ("~", ""), ("", ""), ("'~'", "~"), ("\"null\"", "null")])
  func nothing(text: String, value: String) throws {
    #expect(try load(Flows.text(text)).get().processors[0].values[GenerateFlowFile.text] == value)
  }
}
