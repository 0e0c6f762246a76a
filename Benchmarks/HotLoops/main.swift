import FlowCore
import FlowDefinition
import FlowEngine
import FlowJSON
import FlowProcessors
import FlowTesting
import StudyLedger

// The loops in which a run spends its time, each on one thread and without input or output, so that callgrind counts the same
// instructions every time. `Scripts/instructions` compares the counts with those of instructions.txt.
//
// Usage: HotLoops LOOP COUNT

/// Repeats whose instructions are counted; the caller subtracts a run with none.
typealias Loop = (_ count: Int) throws -> Void

/// A FlowFile through a processor that changes nothing: queue, trigger, session, commit, counters, lineage.
func hop(_ count: Int) throws {
  let steps = 10
  let names = (0..<steps).map { "step \($0)" } + ["drop"]
  let chain = zip(names, names.dropFirst()).map { name, following in
    "  - {name: \(name), type: UpdateAttribute, properties: {delete: [nothing]}, to: {success: \(following), failure: drop}}\n"
  }
  let text = """
    flow: chain
    processors:
      - {name: generate, type: GenerateFlowFile, properties: {count: \(count / steps + 1)}, to: {success: step 0}}

    """ + chain.joined()
  let loader = FlowLoader(
    processors: ProcessorCatalog(FrameworkProcessors.all), services: [], compiler: { CompiledExpressions(parameters: $0) })
  let graph = try loader.load(bytes: Array(text.utf8), file: "chain.yaml", given: [:]).get()
  let executor = ManualExecutor()
  let environment = RuntimeEnvironment.testing(executor: executor)
  let processors = try graph.makeProcessors(environment)
  let flow = Flow(graph: graph, processors: processors, environment: environment, errors: MemoryErrorSink())
  let result = try executor.run { await flow.run() }
  precondition(result.flowfiles.finished == count / steps + 1, "every FlowFile ends")
}

/// Rows of a day of minutes from the provider's JSON.
func extract(_ count: Int) throws {
  guard count > 0 else { return }
  let samples = (0..<1440).map { minute in
    #"{"time":"\#(padded(minute / 60)):\#(padded(minute % 60)):00","value":\#(60 + minute % 40)}"#
  }
  let document = Array(#"{"activities-heart-intraday":{"dataset":[\#(samples.joined(separator: ","))]}}"#.utf8)
  guard let rows = JSONPath("/activities-heart-intraday/dataset"), let time = JSONPath("time"), let value = JSONPath("value") else {
    preconditionFailure("the paths are well formed")
  }
  let mapping = try SimdJSONExtractor().compile(
    RecordMapping(
      rows: rows,
      columns: [
        MappedColumn(name: "instant", kind: .instant, origin: .timeOfDay(time), isRequired: true),
        MappedColumn(name: "utc_offset", kind: .offset, origin: .zone(instantColumn: "instant")),
        MappedColumn(name: "value", kind: .integer, origin: .path(value), isRequired: true),
      ]))
  let context = ExtractionContext(utcOffset: { _ in -21_600 }, firstDate: CivilDate(text: "2026-01-05"))
  for _ in 0..<(count / 1440 + 1) {
    let batch = try mapping.extract(document, context: context)
    precondition(batch.count == 1440, "every sample is a row")
  }
}

func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

/// A day of minutes compared with the same rows of a table.
func compare(_ count: Int) throws {
  guard count > 0 else { return }
  let instants = (0..<1440).map { Int64($0) * 60 }
  let values = instants.map { 60 + $0 / 60 % 40 }
  let batch = RecordBatch(
    columns: [.init(name: "instant", values: .integer(instants)), .init(name: "value", values: .integer(values))], count: 1440)
  for _ in 0..<(count / 1440 + 1) {
    var diff = RowDiff(try RowOrder(batch, key: ["instant"]))
    for row in 0..<1440 {
      diff.meet(isInWindow: true) { Int(instants[$0] - instants[row]) } hasSameValues: { values[$0] == values[row] }
    }
    diff.finish()
    precondition(diff.unchanged == 1440, "every row is the same")
  }
}

/// The path of a request from the attributes of its slice.
func expression(_ count: Int) throws {
  let flowFile = FlowFile(
    id: FlowFileID(SeededRandomSource(seed: 1)),
    attributes: [
      "slice.date": "2026-01-05", "slice.last_date": "2026-01-05", "slice.start_time": "00:00", "slice.last_time": "23:59", "participant": "P0001",
    ],
    lineage: LineageID(1), created: Instant(seconds: 1_767_571_200))
  let path = try CompiledExpressions(parameters: []).compile(
    "/1/user/-/activities/heart/date/${slice.date}/${slice.last_date}/1sec/time/${slice.start_time}/${slice.last_time}.json?timezone=UTC")
  for _ in 0..<count {
    let text = try path.evaluate(flowFile)
    precondition(text.hasSuffix("UTC"), "the path is whole")
  }
}

let loops: [(name: String, loop: Loop)] = [("hop", hop), ("extract", extract), ("compare", compare), ("expression", expression)]

guard CommandLine.arguments.count == 3, let count = Int(CommandLine.arguments[2]), let chosen = loops.first(where: { $0.name == CommandLine.arguments[1] })
else { fatalError("usage: HotLoops \(loops.map(\.name).joined(separator: "|")) COUNT") }
try chosen.loop(count)
