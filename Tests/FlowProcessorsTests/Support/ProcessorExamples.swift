import FlowCore
import FlowDefinition
import FlowFileSystem
import FlowJSON
import FlowPackaging
import FlowProcessors
import FlowTesting
import StudyModel

@testable import StudyProcessors

/// The examples with which the conformance suite tests each processor.
enum ProcessorExamples {
  static let all: [ProcessorExample] = framework + reaching + provider + study

  static func example(
    _ type: any Processor.Type, _ properties: [String: PropertyLiteral] = [:], _ inputs: [(Attributes, Content)] = []
  ) -> ProcessorExample {
    var example = ProcessorExample(type, properties)
    example.compiler = CompiledExpressions(parameters: [])
    example.inputs = inputs.map { (attributes: $0.0, content: $0.1) }
    return example
  }

  static func bytes(_ text: String) -> Content { .bytes(Array(text.utf8)) }

  // MARK: Processors of the framework

  private static let framework: [ProcessorExample] = {
    let people: [(Attributes, Content)] = [(["age": "92"], bytes("a")), (["age": "91"], .empty), (["age": "7"], bytes("c"))]
    let rules: PropertyLiteral = ["old": "${age:gt(90)}", "even": "${age:mod(2):equals(0)}"]
    return [
      example(RouteOnAttribute.self, ["rules": rules], people), example(RouteOnAttribute.self, ["rules": rules, "strategy": "all"], people),
      example(RouteOnContent.self, ["rules": ["a": "a", "other": "[^a]*"]], people),
      example(UpdateAttribute.self, ["set": ["next": "${age:plus(1)}"], "delete": ["a*"]], people),
      example(
        SplitRecords.self, ["rows": "/rows", "attributes": ["id": "id"]],
        [(["a": "b"], bytes(#"{"rows":[{"id":1},{"id":"x"}]}"#)), ([:], bytes(#"{"rows":[]}"#)), ([:], bytes("{")), ([:], .empty)]),
      example(
        EvaluateJSONPath.self, ["attributes": ["id": "/id", "name": "/deep/name"], "not_found": "warn"],
        [(["a": "b"], bytes(#"{"id":1}"#)), ([:], bytes(#"{"id":{}}"#)), ([:], bytes("{"))]),
      example(ConvertXML.self, ["lists": ["b"]], [(["a": "b"], bytes("<a><b>1</b></a>")), ([:], bytes("<a>")), ([:], .empty)]),
      example(ConvertXML.self, ["at": "/rows/*", "accept_base64": "true"], [([:], bytes(#"{"rows":["<a/>",null]}"#)), ([:], bytes(#"{"rows":["?"]}"#))]),
      example(PackageFlowFile.self, [:], people),
      example(
        UnpackContent.self, ["packaging_format": "flowfile-stream-v3"],
        [
          (["a": "b"], .bytes(FlowFilePackage(attributes: ["age": "1"], content: [1]).bytes + FlowFilePackage(attributes: ["age": "2"], content: []).bytes)),
          ([:], bytes("NiFi")), ([:], .empty),
        ]),
      example(LogAttribute.self, ["message": "aged ${age}"], people),
      example(GenerateFlowFile.self, ["count": "250", "attributes": ["name": "P${index}"], "content": "text ${name}"]),
      example(GenerateFlowFile.self, ["count": "3", "file_size": "2 KB", "unique_flowfiles": "true", "mime_type": "text/plain"]),
      example(Unsupported.self, ["nifi_type": "org.example.Other", "nifi_properties": ["a": "${age}"], "relationships": ["success"]], people),
    ] + texts + ["replace", "ignore", "fail"].map(putFile)
  }()

  private static let texts: [ProcessorExample] = {
    let lines: [(Attributes, Content)] = [(["age": "92"], bytes("h\na=1\nb=2\n")), (["age": "91"], bytes("h")), ([:], .empty)]
    let fragments: [(Attributes, Content)] = (0..<4).map { number in
      (["fragment.identifier": "\(number / 2)", "fragment.index": "\(number % 2)", "fragment.count": "2", "age": "1"], bytes("\(number)"))
    }
    return [
      example(ReplaceText.self, ["search_value": "(a)=(\\d)", "replacement_value": "$2=${'$1':toUpper()}${age}"], lines),
      example(ReplaceText.self, ["replacement_strategy": "substitute_variables", "evaluation_mode": "entire_text"], lines),
      example(AttributesToJSON.self, ["destination": "flowfile_content"], lines),
      example(AttributesToJSON.self, ["json_handling_strategy": "nested"], lines + [(["list": "[no"], .empty), (["list": "[no]"], .empty)]),
      example(ExtractText.self, ["attributes": ["a": "a=(\\d)"], "enable_repeating_capture_group": "true"], lines),
      example(SplitText.self, ["line_split_count": "1", "header_line_count": "1"], lines),
      example(SplitJSON.self, ["json_path_expression": "$.rows"], [([:], bytes(#"{"rows":[1,{"a":null}]}"#)), ([:], bytes("{}")), ([:], bytes("["))]),
      example(EvaluateJSONPath.self, ["attributes": ["any": "$.id"], "destination": "flowfile_content"], [(["a": "b"], bytes(#"{"id":[1]}"#)), ([:], bytes("{}"))]),
      example(MergeContent.self, ["minimum_number_of_entries": "2", "maximum_number_of_entries": "3"], lines + fragments),
      example(MergeContent.self, ["merge_strategy": "defragment"], fragments + fragments.prefix(1) + lines),
      example(RetryFlowFile.self, ["maximum_retries": "${age:mod(3)}", "attributes": ["tried": "${flowfile.retries}"]], lines),
      example(
        ControlRate.self, ["rate_control_criteria": "attribute_value", "maximum_rate": "100", "rate_controlled_attribute": "age", "rate_exceeded_strategy": "route_to_rate_exceeded"],
        lines),
      example(DetectDuplicate.self, ["cache_entry_identifier": "${age}", "flowfile_description": "aged ${age}"], lines + lines),
    ]
  }()

  private static func putFile(_ conflict: String) -> ProcessorExample {
    var example = example(
      PutFile.self, ["folder": "out/${day}", "name": "${uuid}.json", "conflict": .text(conflict)], [(["day": "1"], bytes("{}")), (["day": "2"], .empty)])
    example.environment = { .undriven(fileSystem: GuardedFileSystem(MemoryFileSystem(folders: []), faults: $0)) }
    return example
  }

  // MARK: Processors that use a provider

  private static func asking(_ type: any Processor.Type, _ properties: [String: PropertyLiteral] = [:]) -> ProcessorExample {
    var example = example(
      type, properties.merging(["provider": "google"]) { $1 }, [(["participant": "P1"], .empty), (["participant": "P2"], bytes("before"))])
    example.environment = { _ in .undriven(json: SimdJSONExtractor()) }
    example.services = { plan, environment in
      ["google": StrictProvider(["P1": .init(), "P2": .init()], leased: ["P1", "P2"], faults: plan, time: environment.time) { _, _, count in
        .json(count < 3 ? #"{"points":[{"id":1}],"next":"token\#(count)"}"# : #"{"points":[{"id":2}]}"#)
      }]
    }
    example.secrets = StrictProvider.secrets(of: "P1") + StrictProvider.secrets(of: "P2")
    return example
  }

  private static let provider: [ProcessorExample] = {
    var batch = example(ReadTokenFile.self, ["provider": "google", "ledger": "store"])
    batch.services = { plan, _ in ["google": StrictProvider(["P1": .init(), "P2": .init()], faults: plan), "store": MemoryLedger()] }
    batch.secrets = StrictProvider.secrets(of: "P1")
    return [
      batch, asking(RefreshToken.self), asking(GetLatestSync.self), asking(InvokeEndpoint.self, ["url": "/v1/${participant}"]),
      asking(InvokeEndpoint.self, ["url": "/v1/points", "pages": ["token": "/next", "parameter": "page"], "scope": "sleep"]),
      asking(InvokeEndpoint.self, ["parts": [["into": "steps", "url": "/steps", "scope": "activity"], ["into": "floors", "url": "/floors"]]]),
      asking(
        InvokeEndpoint.self,
        [
          "parts": [
            ["into": "list", "url": "/list"],
            ["into": "each", "url": "/one/${id}", "scope": "activity", "for_each": ["part": "list", "path": "/points", "attributes": ["id": "id"], "empty": [["at": "/", "only": ["points"]]]]],
          ]
        ]),
    ]
  }()

  // MARK: Other processors of a study

  private static let study: [ProcessorExample] = {
    var slices = example(
      SliceTimeRange.self,
      [
        "ledger": "store", "provider": "google",
        "slices": [
          ["relationship": "heart", "data_type": "heart", "step": "24h", "scope": "heartrate"], ["relationship": "steps", "data_type": "steps", "step": "24h"],
        ],
      ],
      [([
        "participant": "P1", "enrolled": "2020-01-01T00:00:00Z", "latest_sync": "2020-02-01T00:00:00Z", "sync.settled": "2020-01-31T00:00:00Z",
        "participant.zone": "UTC",
      ], .empty)])
    slices.services = { plan, _ in ["google": StrictProvider(leased: ["P1"], faults: plan), "store": MemoryLedger()] }
    var extract = example(
      ExtractRecords.self,
      ["rows": "/rows", "columns": ["date": ["kind": "date", "from": "day", "required": "true"], "value": ["kind": "integer", "from": "value"]]],
      [
        (["slice.date": "2026-01-05", "slice.end_date": "2026-01-06", "slice.start": "2026-01-05T00:00:00Z", "slice.end": "2026-01-06T00:00:00Z",
          "participant.zone": "UTC"], bytes(#"{"rows":[{"day":"2026-01-05","value":1}]}"#)),
        ([:], bytes(#"{"rows":[{"day":"yesterday"}]}"#)), ([:], bytes(#"{"rows":"#)),
      ])
    extract.environment = { _ in .undriven(json: SimdJSONExtractor()) }
    var building = example(BuildModels.self, ["database": "store", "select": ["fct_steps", "+valid_days"]], [(["participant": "P1"], bytes("a")), ([:], .empty)])
    building.services = { plan, _ in ["store": try await DatabaseBench(faults: plan).store] }
    return [
      slices, extract, copying(PutParquet.self, ["objects": "target", "object": "heart/${participant}.parquet"]), copying(LoadIntoWarehouse.self, ["warehouse": "target"]),
      copying(LoadIntoWarehouse.self, ["warehouse": "target", "replaces": ["value": "${value}"]]), storing(DedupeCheck.self), storing(WriteRecords.self), storing(WriteRecords.self, ["replaces": ["value": "${value}"]]), building,
    ]
  }()

  private static func copying(_ type: any Processor.Type, _ properties: [String: PropertyLiteral]) -> ProcessorExample {
    let inputs: [(Attributes, Content)] = [
      (DatabaseBench.slice("P1", ["value": "7"]), DatabaseBench.records([60: 70, 120: 71])), (DatabaseBench.slice("P2", ["value": "7"]), DatabaseBench.records([60: 7])),
    ]
    var example = example(type, properties.merging(["ledger": "store", "table": "heart", "key": ["instant"]]) { $1 }, inputs)
    example.tables = [DatabaseBench.table]
    example.services = { plan, _ in
      ["target": type == PutParquet.self ? MemoryObjects(faults: plan) : MemoryWarehouse(faults: plan), "store": try await DatabaseBench(faults: plan).store]
    }
    return example
  }

  private static func storing(_ type: any Processor.Type, _ properties: [String: PropertyLiteral] = [:]) -> ProcessorExample {
    let inputs: [(Attributes, Content)] = [
      (DatabaseBench.slice("P1", ["value": "7"]), DatabaseBench.records([60: 70, 120: 71])), (DatabaseBench.slice("P2", ["value": "7"]), DatabaseBench.records([60: 7])),
    ]
    var example = example(type, DatabaseBench.properties.merging(properties) { $1 }, inputs)
    example.tables = [DatabaseBench.table]
    example.services = { plan, _ in ["store": try await DatabaseBench(faults: plan).store] }
    return example
  }
}
