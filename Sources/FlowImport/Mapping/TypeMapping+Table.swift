extension TypeMapping {
  /// The types that have a counterpart.
  package static let all: [TypeMapping] = attributes + texts + files + records + control

  /// - Parameter type: NiFi's, with its package. Types of other packages are other people's, whatever their name.
  package static func of(_ type: String) -> TypeMapping? {
    guard type.hasPrefix("org.apache.nifi.") else { return nil }
    return byType[String(type.split(separator: ".").last ?? "")]
  }

  private static let byType = Dictionary(uniqueKeysWithValues: all.map { ($0.nifi, $0) })
  private static let tuning = "it is about memory and speed only"
  static let utf8 = PropertyMapping("Character Set", "character-set", is: .only(["UTF-8"], because: "texts are UTF-8"))

  private static let attributes: [TypeMapping] = [
    TypeMapping(
      "GenerateFlowFile",
      [
        PropertyMapping("Custom Text", "generate-ff-custom-text", to: "content", .expression),
        PropertyMapping("File Size", to: "file_size", .size, default: "0B"),
        PropertyMapping("Data Format", to: "data_format", .word, default: "Text"),
        PropertyMapping("Unique FlowFiles", to: "unique_flowfiles", .boolean, default: "false"),
        PropertyMapping("Mime Type", "mime-type", to: "mime_type", .literal),
        // NiFi generates so many each time that it is scheduled; a run of flowrun is one such time.
        PropertyMapping("Batch Size", to: "count", .integer, default: "1"),
        utf8,
      ], dynamic: DynamicMapping(property: "attributes", rule: .expression), relationships: ["success"], isSerial: true),
    TypeMapping(
      "UpdateAttribute",
      [
        PropertyMapping("Delete Attributes Expression", to: "delete_attributes_expression", .expression),
        PropertyMapping("Store State", is: .only(["Do not store state"], because: "there is no state between FlowFiles")),
        PropertyMapping("Stateful Variables Initial Value", is: .only([], because: "there is no state between FlowFiles")),
        PropertyMapping("Cache Value Lookup Cache Size", "canonical-value-lookup-cache-size", is: .anything(because: tuning)),
      ], dynamic: DynamicMapping(property: "attributes", rule: .expression), relationships: ["success", "set state fail"]),
    TypeMapping(
      "RouteOnAttribute",
      [
        PropertyMapping(
          "Routing Strategy", to: "strategy",
          .choice([
            "route to property name": "each", "route to 'match' if all match": "all", "route to 'matched' if all match": "all",
            "route to 'match' if any matches": "any", "route to 'matched' if any matches": "any",
          ]), default: "Route to Property name")
      ], dynamic: DynamicMapping(property: "rules", rule: .expression, namesRelationships: true), relationships: ["unmatched"]),
    TypeMapping(
      "RouteOnContent",
      [
        PropertyMapping(
          "Match Requirement", to: "match_requirement", .word, default: "content must match exactly"),
        PropertyMapping("Content Buffer Size", to: "content_buffer_size", .size, default: "1 MB"),
        utf8,
      ], dynamic: DynamicMapping(property: "rules", rule: .expression, namesRelationships: true), relationships: ["unmatched"]),
    TypeMapping(
      "LogAttribute",
      [
        PropertyMapping("Log Prefix", "Log prefix", to: "message", .expression),
        PropertyMapping("Attributes to Log", to: "attributes", .list),
        PropertyMapping(
          "Attributes to Log Regular Expression", "attributes-to-log-regex", is: .only([".*"], because: "all attributes are logged, or those that `attributes` lists")),
        PropertyMapping("Attributes to Ignore", to: "attributes_to_ignore", .list),
        PropertyMapping(
          "Attributes to Ignore Regular Expression", "attributes-to-ignore-regex", is: .only([], because: "`attributes_to_ignore` is a list of names")),
        PropertyMapping("Log Level", is: .anything(because: "the line is progress: it is shown unless -q is given")),
        PropertyMapping("Log Payload", is: .only(["false"], because: "content is not logged: it may be health data")),
        PropertyMapping("Output Format", is: .anything(because: "a line is one FlowFile")),
        PropertyMapping("Log FlowFile Properties", is: .anything(because: "a line has the attributes")),
        PropertyMapping("Character Set", "character-set", is: .anything(because: "texts are UTF-8")),
      ], relationships: ["success"]),
    TypeMapping(
      "LogMessage", to: "LogAttribute",
      [
        PropertyMapping("Log Message", "log-message", to: "message", .expression),
        PropertyMapping("Log Prefix", "log-prefix", is: .prefix(of: "message", .expression)),
        PropertyMapping("Log Level", "log-level", is: .anything(because: "the line is progress: it is shown unless -q is given")),
      ], relationships: ["success"], notes: ["the line has the FlowFile's uuid, too"], constants: [YAMLValue.Member("attributes_to_ignore", .list([.text("*")]))]),
    TypeMapping(
      "AttributesToJSON",
      [
        PropertyMapping("Attributes List", to: "attributes_list", .list),
        PropertyMapping("Attributes Regular Expression", "attributes-to-json-regex", to: "attributes_regular_expression", .literal),
        PropertyMapping("Destination", to: "destination", .word, default: "flowfile-attribute"),
        PropertyMapping("Include Core Attributes", to: "include_core_attributes", .boolean, default: "true"),
        PropertyMapping("Null Value", to: "null_value", .boolean, default: "false"),
        PropertyMapping("JSON Handling Strategy", to: "json_handling_strategy", .word, default: "Escaped"),
        PropertyMapping("Pretty Print", is: .anything(because: "white space in JSON has no meaning")),
      ]),
  ]

  private static let texts: [TypeMapping] = [
    TypeMapping(
      "ReplaceText",
      [
        PropertyMapping("Replacement Strategy", to: "replacement_strategy", .word, default: "Regex Replace"),
        PropertyMapping("Search Value", "Regular Expression", to: "search_value", .expression, default: "(?s)(^.*$)"),
        PropertyMapping("Replacement Value", to: "replacement_value", .expression, default: "$1"),
        PropertyMapping("Text to Prepend", to: "text_to_prepend", .expression),
        PropertyMapping("Text to Append", to: "text_to_append", .expression),
        PropertyMapping("Maximum Buffer Size", to: "maximum_buffer_size", .size, default: "1 MB"),
        PropertyMapping("Evaluation Mode", to: "evaluation_mode", .word, default: "Line-by-Line"),
        PropertyMapping("Line-by-Line Evaluation Mode", to: "line_by_line_evaluation_mode", .word, default: "All"),
        utf8,
      ]),
    TypeMapping(
      "ExtractText",
      [
        PropertyMapping("Maximum Buffer Size", to: "maximum_buffer_size", .size, default: "1 MB"),
        PropertyMapping("Maximum Capture Group Length", to: "maximum_capture_group_length", .integer, default: "1024"),
        PropertyMapping("Enable Case-insensitive Matching", to: "enable_case_insensitive_matching", .boolean, default: "false"),
        PropertyMapping("Permit Whitespace and Comments in Pattern", to: "permit_whitespace_and_comments_in_pattern", .boolean, default: "false"),
        PropertyMapping("Enable DOTALL Mode", to: "enable_dotall_mode", .boolean, default: "false"),
        PropertyMapping("Enable Literal Parsing of the Pattern", to: "enable_literal_parsing_of_the_pattern", .boolean, default: "false"),
        PropertyMapping("Enable Multiline Mode", to: "enable_multiline_mode", .boolean, default: "false"),
        PropertyMapping("Include Capture Group 0", to: "include_capture_group_0", .boolean, default: "true"),
        PropertyMapping(
          "Enable Repeating Capture Group", "extract-text-enable-repeating-capture-group", "Enable repeating capture group", to: "enable_repeating_capture_group", .boolean, default: "false"),
        PropertyMapping(
          "Enable Named Groups", "extract-text-enable-named-groups", "Enable named group support", to: "enable_named_group_support", .boolean, default: "false"),
        PropertyMapping("Enable Canonical Equivalence", is: .only(["false"], because: "patterns compare characters as they are")),
        PropertyMapping("Enable Unicode-aware Case Folding", is: .only(["false"], because: "patterns have no such flag")),
        PropertyMapping("Enable Unicode Predefined Character Classes", is: .only(["false"], because: "patterns have no such flag")),
        PropertyMapping("Enable Unix Lines Mode", is: .only(["false"], because: "patterns have no such flag")),
        utf8,
      ], dynamic: DynamicMapping(property: "attributes", rule: .literal), relationships: ["matched", "unmatched"]),
    TypeMapping(
      "SplitText",
      [
        PropertyMapping("Line Split Count", to: "line_split_count", .integer),
        PropertyMapping("Maximum Fragment Size", to: "maximum_fragment_size", .size),
        PropertyMapping("Header Line Count", to: "header_line_count", .integer, default: "0"),
        PropertyMapping("Header Line Marker Characters", to: "header_line_marker_characters", .literal),
        PropertyMapping("Remove Trailing Newlines", to: "remove_trailing_newlines", .boolean, default: "true"),
      ], relationships: ["splits", "original", "failure"]),
    TypeMapping(
      "SplitJson", to: "SplitJSON",
      [
        PropertyMapping("JsonPath Expression", to: "json_path_expression", .jsonPath),
        PropertyMapping("Null Value Representation", to: "null_value_representation", .word, default: "empty string"),
        PropertyMapping("Max String Length", is: .anything(because: tuning)),
      ], relationships: ["split", "original", "failure"]),
    TypeMapping(
      "EvaluateJsonPath", to: "EvaluateJSONPath",
      [
        PropertyMapping("Destination", to: "destination", .word, default: "flowfile-content", ours: "flowfile-attribute"),
        PropertyMapping("Return Type", to: "return_type", .choice(["json": "json", "scalar": "scalar", "auto-detect": "auto_detect"]), default: "auto-detect"),
        PropertyMapping("Path Not Found Behavior", to: "not_found", .word, default: "ignore"),
        PropertyMapping("Null Value Representation", to: "null_value", .choice(["empty string": "empty", "the string 'null'": "null"]), default: "empty string"),
        PropertyMapping("Max String Length", is: .anything(because: tuning)),
      ], dynamic: DynamicMapping(property: "attributes", rule: .jsonPath), relationships: ["matched", "unmatched", "failure"]),
    TypeMapping(
      "MergeContent",
      [
        PropertyMapping(
          "Merge Strategy", to: "merge_strategy", .choice(["bin-packing algorithm": "bin_packing_algorithm", "defragment": "defragment"]),
          default: "Bin-Packing Algorithm"),
        PropertyMapping(
          "Merge Format", to: "merge_format",
          .choice([
            "binary concatenation": "binary_concatenation", "binary_concatenation": "binary_concatenation", "flowfile stream, v3": "flowfile-stream-v3",
            "flowfile-stream-v3": "flowfile-stream-v3", "flowfile_stream_v3": "flowfile-stream-v3",
          ]), default: "Binary Concatenation"),
        PropertyMapping(
          "Attribute Strategy", to: "attribute_strategy", .word, default: "Keep Only Common Attributes"),
        PropertyMapping("Correlation Attribute Name", to: "correlation_attribute_name", .literal),
        PropertyMapping("Minimum Number of Entries", to: "minimum_number_of_entries", .integer, default: "1"),
        PropertyMapping("Maximum Number of Entries", to: "maximum_number_of_entries", .integer, default: "1000"),
        PropertyMapping("Minimum Group Size", to: "minimum_group_size", .size, default: "0 B"),
        PropertyMapping("Maximum Group Size", to: "maximum_group_size", .size),
        PropertyMapping("Max Bin Age", to: "max_bin_age", .duration),
        PropertyMapping("Maximum Number of Bins", "Maximum number of Bins", to: "maximum_number_of_bins", .integer, default: "5"),
        PropertyMapping("Delimiter Strategy", to: "delimiter_strategy", .word, default: "Do Not Use Delimiters"),
        PropertyMapping("Header", "Header File", to: "header", .expression),
        PropertyMapping("Footer", "Footer File", to: "footer", .expression),
        PropertyMapping("Demarcator", "Demarcator File", to: "demarcator", .expression),
        PropertyMapping("Metadata Strategy", "mergecontent-metadata-strategy", is: .anything(because: "only Avro has metadata")),
        PropertyMapping("Compression Level", is: .anything(because: "only ZIP is compressed")),
        PropertyMapping("Keep Path", is: .anything(because: "only TAR and ZIP have paths")),
        PropertyMapping("Tar Modified Time", is: .anything(because: "only TAR has it")),
        PropertyMapping("FlowFile Insertion Strategy", is: .only(["Last in Bin", "LAST_IN_BIN"], because: "the bin ends with the FlowFile that fills it")),
        PropertyMapping("Bin Termination Check", is: .only([], because: "a bin ends by count, size or age")),
      ], relationships: ["merged", "original", "failure"], isSerial: true),
  ]

  private static let control: [TypeMapping] = [
    TypeMapping(
      "RetryFlowFile",
      [
        PropertyMapping("Retry Attribute", "retry-attribute", to: "retry_attribute", .literal, default: "flowfile.retries"),
        PropertyMapping("Maximum Retries", "maximum-retries", to: "maximum_retries", .expression, default: "3"),
        PropertyMapping("Penalize Retries", "penalize-retries", to: "penalize_retries", .boolean, default: "true"),
        PropertyMapping(
          "Fail on Nonnumerical Overwrite", "Fail on Non-numerical Overwrite", to: "fail_on_non_numerical_overwrite", .boolean, default: "false"),
        PropertyMapping(
          "Reuse Mode", "reuse-mode", to: "reuse_mode", .choice(["fail": "fail_on_reuse", "warn": "warn_on_reuse", "reset": "reset_reuse"]), default: "fail"),
      ], dynamic: DynamicMapping(property: "attributes", rule: .expression), relationships: ["retry", "retries_exceeded", "failure"]),
    TypeMapping(
      "ControlRate",
      [
        PropertyMapping("Rate Control Criteria", to: "rate_control_criteria", .word, default: "data rate"),
        PropertyMapping("Maximum Rate", to: "maximum_rate", .literal),
        PropertyMapping("Maximum Data Rate", to: "maximum_data_rate", .size),
        PropertyMapping("Maximum FlowFile Rate", to: "maximum_flowfile_rate", .integer),
        PropertyMapping("Rate Controlled Attribute", to: "rate_controlled_attribute", .literal),
        PropertyMapping("Time Duration", to: "time_duration", .duration, default: "1 min"),
        PropertyMapping("Grouping Attribute", to: "grouping_attribute", .literal),
        PropertyMapping("Rate Exceeded Strategy", to: "rate_exceeded_strategy", .word, default: "Hold FlowFile"),
      ], relationships: ["success", "failure", "rate exceeded"], isSerial: true),
    TypeMapping(
      "DetectDuplicate",
      [
        PropertyMapping("Cache Entry Identifier", to: "cache_entry_identifier", .expression, default: "${hash.value}"),
        PropertyMapping("FlowFile Description", to: "flowfile_description", .expression, default: ""),
        PropertyMapping("Age Off Duration", to: "age_off_duration", .duration),
        PropertyMapping("Cache The Entry Identifier", to: "cache_the_entry_identifier", .boolean, default: "true"),
        PropertyMapping("Distributed Cache Service", is: .anything(because: "flowrun keeps the identifiers itself")),
      ], relationships: ["duplicate", "non-duplicate", "failure"],
      notes: ["an identifier counts once what came of its FlowFile is committed; NiFi counts it at once"],
      differences: ["identifiers are remembered within a run; NiFi's cache knows those of earlier ones too"], isSerial: true),
    TypeMapping(
      "PackageFlowFile",
      [
        PropertyMapping("Maximum Batch Size", "max-batch-size", is: .only(["1"], because: "a package holds one FlowFile")),
        PropertyMapping("Maximum Batch Content Size", is: .anything(because: "a package holds one FlowFile")),
      ], relationships: ["success", "original"]),
    TypeMapping(
      "UnpackContent",
      [
        PropertyMapping(
          "Packaging Format", to: "packaging_format",
          .choice(["use mime.type attribute": "use_mime.type_attribute", "flowfile-stream-v3": "flowfile-stream-v3"]), default: "use mime.type attribute"),
        PropertyMapping("File Filter", is: .only([".*"], because: "all FlowFiles of a package are taken")),
        PropertyMapping("Filename Character Set", is: .anything(because: "only ZIP has it")),
        PropertyMapping("Password", is: .only([], because: "only ZIP has it"), isSensitive: true),
        PropertyMapping("Allow Stored Entries With Data Descriptor", "allow-stored-entries-wdd", is: .anything(because: "only ZIP has it")),
      ], relationships: ["success", "original", "failure"]),
  ]
}
