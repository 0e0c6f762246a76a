import FlowCore

extension DiagnosticGroup {
  /// Types and connections.
  package static let graph = DiagnosticGroup(
    "Graph",
    [
      .unknownType, .unknownRelationship, .unmappedRelationship, .unknownProcessor, .repeatedDestination, .unsuitableQueue,
      .excessiveConcurrency, .retryWaits, .noSource, .unreachable, .inputOfSource, .endlessLoop, .unwrittenAttribute, .boundedLoop,
    ])
}

extension DiagnosticCode {
  package static let unknownType = DiagnosticCode(
    "E0401", "Unknown type", "`flowrun processors` lists the types of processors.", mistake: "type: PutFiles", fix: "type: PutFile")
  static let unknownRelationship = DiagnosticCode(
    "E0402", "Unknown relationship", "The processor has no relationship of this name; some come from its properties.",
    mistake: "to: { sucess: store }", fix: "to: { success: store }")
  static let unmappedRelationship = DiagnosticCode(
    "E0403", "A relationship leads nowhere",
    "Each relationship must be mapped, so that nothing is lost by oversight. Only `failure` leads to `errors` by default.",
    mistake: "to: { }", fix: "to: { success: drop }")
  static let unknownProcessor = DiagnosticCode(
    "E0404", "A relationship leads to an unknown processor", "A destination is a processor of the file, `errors`, `defer` or `drop`.",
    mistake: "to: { success: stroe }", fix: "to: { success: store }")
  static let repeatedDestination = DiagnosticCode(
    "E0405", "A destination is named twice", "Each FlowFile would arrive twice.", mistake: "to: { success: [store, store] }", fix: "to: { success: store }")
  static let unsuitableQueue = DiagnosticCode(
    "E0406", "Invalid queue", "A queue belongs to a connection to a processor, and needs a limit so that memory is bounded.",
    mistake: "to: { success: { then: drop, queue: { count: 10 } } }", fix: "to: { success: { then: store, queue: { count: 10 } } }")
  static let excessiveConcurrency = DiagnosticCode(
    "E0407", "More concurrency than the processor allows", "Some processors cannot run concurrently, or only up to a limit.", mistake: "concurrency: 4", fix: "concurrency: 1")
  static let retryWaits = DiagnosticCode(
    "E0408", "The longest wait is below the first", "Waits between tries grow from `backoff` to `max_backoff`.",
    mistake: "retry: { attempts: 5, backoff: 10m, max_backoff: 1m }", fix: "retry: { attempts: 5, backoff: 1m, max_backoff: 10m }")
  static let noSource = DiagnosticCode(
    "E0409", "No processor starts the flow", "At least one processor must be a source, which needs no input.",
    mistake: "processors:\n  - { name: store, type: PutFile, … }",
    fix: "processors:\n  - { name: begin, type: GenerateFlowFile, to: { success: store } }\n  - { name: store, type: PutFile, … }")
  static let unreachable = DiagnosticCode(
    "E0410", "No FlowFile can reach the processor", "No relationship leads to it, or none on a path from a source.",
    mistake: "- { name: begin, …, to: { success: drop } }\n- { name: store, … }", fix: "- { name: begin, …, to: { success: store } }\n- { name: store, … }")
  static let inputOfSource = DiagnosticCode(
    "E0411", "A relationship leads to a source", "A source does not accept FlowFiles.",
    mistake: "to: { success: begin }", fix: "to: { success: store }")
  static let endlessLoop = DiagnosticCode(
    "E0412", "Endless loop",
    "A connection may lead back if it is a retry, or if it depends on a condition that changes within the loop. Neither is the case here.",
    mistake: "- { name: store, …, to: { success: store } }", fix: "- { name: store, …, to: { success: drop } }")
  static let unwrittenAttribute = DiagnosticCode(
    "E0413", "No processor upstream writes the attribute",
    "The attribute would be empty in every FlowFile. If that is intended, provide a default: `${name:replaceEmpty('…')}`.",
    mistake: "file_name: \"${uiud}.json\"", fix: "file_name: \"${uuid}.json\"")
  package static let boundedLoop = DiagnosticCode(
    "N0401", "A loop, bounded by a retry or a condition", "This is not a problem. It is reported because loops are rare and easily created by accident.",
    mistake: "to: { retry: fetch }", fix: "to: { retry: fetch }")
}
