import FlowBase
import FlowCore
import FlowImport
import Foundation
import StudyProcessors
import Testing

@Suite("Types and properties are mapped as declared")
struct MappingTests {
  private typealias Bench = ImportBench

  @Test("every type that carries most flows has a mapping to the name agreed")
  func types() {
    let expected = [
      "AttributesToJSON": "AttributesToJSON", "ControlRate": "ControlRate", "ConvertRecord": "ConvertRecord", "DetectDuplicate": "DetectDuplicate",
      "EvaluateJsonPath": "EvaluateJSONPath", "ExecuteSQL": "ExecuteSQL", "ExtractText": "ExtractText", "FetchFile": "FetchFile",
      "GenerateFlowFile": "GenerateFlowFile", "GetFile": "GetFile", "InvokeHTTP": "InvokeHTTP", "ListFile": "ListFile", "LogAttribute": "LogAttribute", "LogMessage": "LogAttribute",
      "MergeContent": "MergeContent", "PackageFlowFile": "PackageFlowFile", "PutDatabaseRecord": "PutDatabaseRecord", "PutFile": "PutFile",
      "QueryRecord": "QueryRecord", "ReplaceText": "ReplaceText", "RetryFlowFile": "RetryFlowFile", "RouteOnAttribute": "RouteOnAttribute", "RouteOnContent": "RouteOnContent",
      "SplitJson": "SplitJSON", "SplitText": "SplitText", "UnpackContent": "UnpackContent", "UpdateAttribute": "UpdateAttribute",
    ]
    #expect(Dictionary(uniqueKeysWithValues: TypeMapping.all.map { ($0.nifi, $0.type) }) == expected)
    #expect(TypeMapping.of("com.example.InvokeHTTP") == nil && TypeMapping.of("org.apache.nifi.processors.standard.InvokeHTTP") != nil)
  }

  @Test("no name of a property stands for two", arguments: TypeMapping.all.map(\.nifi))
  func names(_ type: String) throws {
    let mapping = try #require(TypeMapping.all.first { $0.nifi == type })
    let names = mapping.properties.flatMap(\.names)
    #expect(Set(names).count == names.count)
  }

  @Test("what a mapping writes exists: its properties are those of the processor", arguments: TypeMapping.all.map(\.nifi))
  func properties(_ type: String) throws {
    let mapping = try #require(TypeMapping.all.first { $0.nifi == type })
    let descriptor = try #require(BuiltinProcessors.catalog[mapping.type]?.descriptor)
    for property in mapping.properties {
      guard case .value(let name, let rule) = property.target else { continue }
      let known = try #require(descriptor.properties.first { $0.name == name }, "\(mapping.type) has no '\(name)'")
      if case .choice(let mapped) = rule, !known.choices.isEmpty { #expect(Set(mapped.values).isSubset(of: known.choices), "\(name): \(known.choices)") }
      // What is left out must be what stands for it.
      // An absent type is that of bytes in NiFi too, though its default does not say so.
      if let ours = property.ours, name != "request_content_type" { #expect(Self.plain(ours, rule) == known.defaultText.map { Self.plain($0, rule) }, "\(mapping.type): \(name)") }
    }
    if let dynamic = mapping.dynamic { #expect(descriptor.properties.contains { $0.name == dynamic.property }) }
    for constant in mapping.constants { #expect(descriptor.properties.contains { $0.name == constant.name }) }
  }

  /// One spelling of a value, NiFi's or flowrun's.
  private static func plain(_ text: String, _ rule: ValueRule) -> String {
    switch rule {
    case .duration: Units.duration(text.lowercased()).map { Units.text(of: $0) } ?? text
    case .size: Units.bytes(text).map(String.init) ?? text
    case .boolean: text.lowercased()
    case .choice(let choices): choices[text.lowercased()] ?? text
    case .word: text.lowercased().replacing(#/[^a-z0-9]+/#, with: "_")
    case .escaped: text.replacing("${", with: "$${")
    default: text
    }
  }

  @Test("a processor that runs one at a time is known as such", arguments: TypeMapping.all.map(\.nifi))
  func serial(_ type: String) throws {
    let mapping = try #require(TypeMapping.all.first { $0.nifi == type })
    let descriptor = try #require(BuiltinProcessors.catalog[mapping.type]?.descriptor)
    #expect(mapping.isSerial == (descriptor.maximumConcurrency == 1))
  }

  @Test(
    "values are converted",
    arguments: [
      ("standard.ReplaceText", "Replacement Strategy", "Literal Replace", "replacement_strategy: literal_replace"),
      ("standard.ReplaceText", "Evaluation Mode", "Entire text", "evaluation_mode: entire_text"),
      ("standard.ReplaceText", "Line-by-Line Evaluation Mode", "Except-First-Line", "line_by_line_evaluation_mode: except_first_line"),
      ("standard.ReplaceText", "Replacement Value", "${a}: $1", "replacement_value: \"${a}: $1\""),
      ("standard.RouteOnAttribute", "Routing Strategy", "Route to 'match' if all match", "strategy: all"),
      ("standard.RouteOnAttribute", "Routing Strategy", "Route to 'matched' if any matches", "strategy: any"),
      ("standard.EvaluateJsonPath", "first name", "$.people[0]['first name']", "first name: /people/0/first name"),
      ("standard.EvaluateJsonPath", "all", "$", "all: /"), ("standard.EvaluateJsonPath", "each", "$.a[*].b~c", "each: \"/a/*/b~0c\""),
      ("standard.EvaluateJsonPath", "Null Value Representation", "the string 'null'", "null_value: \"null\""),
      ("standard.EvaluateJsonPath", "Path Not Found Behavior", "skip", "not_found: skip"),
      ("standard.SplitJson", "JsonPath Expression", "$.*", "json_path_expression: \"/*\""), ("standard.SplitJson", "JsonPath Expression", "data", "json_path_expression: /data"),
      ("standard.SplitJson", "JsonPath Expression", "$.[*].user", "json_path_expression: \"/*/user\""),
      ("standard.EvaluateJsonPath", "deep", "$..a[-1:]", "deep: \"$..a[-1:]\""), ("standard.SplitJson", "JsonPath Expression", "people[?(@.age > 30)]", "json_path_expression: \"$.people[?(@.age > 30)]\""),
      ("standard.EvaluateJsonPath", "count", "$.[\"record.count\"]", "count: /record.count"),
      ("standard.RouteOnContent", "Match Requirement", "content must contain match", "match_requirement: content_must_contain_match"),
      ("standard.PutFile", "Conflict Resolution Strategy", "fail", "conflict: fail"), ("standard.PutFile", "Directory", "/a/${b}", "folder: \"/a/${b}\""),
      ("standard.GetFile", "Keep Source File", "TRUE", "keep_source_file: true"), ("standard.GetFile", "Minimum File Age", "90 secs", "minimum_file_age: 90s"),
      ("standard.AttributesToJSON", "Attributes List", "a, b ,c", "attributes_list: [a, b, c]"),
      ("standard.AttributesToJSON", "Destination", "flowfile-content", "destination: flowfile_content"),
      ("standard.UpdateAttribute", "anything", "x", "nifi_type:"), ("attributes.UpdateAttribute", "Delete Attributes Expression", "a.*", "delete_attributes_expression: \"a.*\""),
      ("standard.ControlRate", "Rate Control Criteria", "flowfile count", "rate_control_criteria: flowfile_count"),
      ("standard.MergeContent", "Merge Strategy", "Defragment", "merge_strategy: defragment"),
      ("standard.MergeContent", "Merge Format", "FlowFile Stream, v3", "merge_format: flowfile-stream-v3"),
      ("standard.ListFile", "Path Filter", "a/.*", "path_filter: \"a/.*\""), ("standard.GetFile", "Path Filter", "a/.*", "path_filter: \"a/.*\""),
      ("standard.InvokeHTTP", "Response Body Ignored", "true", "response_body_ignored: true"),
    ])
  func values(_ type: String, _ property: String, _ value: String, _ written: String) throws {
    let properties: [String: Any] = [property: value]
    let processor = Bench.processor("p", type, properties, type == "standard.UpdateAttribute" ? ["type": "com.example.UpdateAttribute"] : [:])
    let flow = try Bench.imported(Bench.definition([processor]))
    #expect(flow.yaml.contains(written), "\(flow.yaml)")
  }

  @Test("what flowrun has as its default is not written; NiFi's default is, where it is another")
  func defaults() throws {
    let processors = [
      Bench.processor("a", "standard.PutFile", ["Directory": "x", "Conflict Resolution Strategy": "replace"]), Bench.processor("b", "standard.PutFile", ["Directory": "x"]),
      Bench.processor("c", "standard.EvaluateJsonPath", ["Destination": "flowfile-attribute", "Return Type": "auto-detect", "k": "$.k"]),
      Bench.processor("d", "standard.EvaluateJsonPath", ["k": "$.k"]), Bench.processor("e", "standard.ReplaceText", ["Maximum Buffer Size": "1 MB", "Replacement Strategy": "Regex Replace"]),
    ]
    let yaml = try Bench.imported(Bench.definition(processors)).yaml
    #expect(yaml.matches(of: #/conflict: /#).count == 1 && yaml.contains("conflict: fail"))
    #expect(yaml.matches(of: #/destination: /#).count == 1 && yaml.contains("destination: flowfile_content\n"))
    #expect(!yaml.contains("maximum_buffer_size") && !yaml.contains("replacement_strategy"))
  }

  @Test("relationships are lower case; those that a person named keep their names")
  func relationships() throws {
    let flow = try Bench.imported(
      Bench.definition(
        [
          Bench.processor("h", "standard.InvokeHTTP", [:], ["autoTerminatedRelationships": ["No Retry", "Original"]]),
          Bench.processor("r", "standard.RouteOnAttribute", ["Failure": "${a:isEmpty()}"], ["autoTerminatedRelationships": ["Failure", "unmatched"]]),
        ], [Bench.connection("c", "h", "r", ["Response"])]))
    #expect(flow.yaml.contains("      response: r\n      no retry: drop\n      original: drop\n") && flow.yaml.contains("      Failure: drop\n      unmatched: drop\n"))
  }
}
