import FlowCore

extension DiagnosticGroup {
  /// Types, connections and what leads where.
  package static let graph = DiagnosticGroup(
    "Graph",
    [
      .unknownType, .unknownRelationship, .unmappedRelationship, .unknownProcessor, .repeatedDestination, .unsuitableQueue,
      .excessiveConcurrency, .retryWaits, .noSource, .unreachable, .inputOfSource, .endlessLoop, .unwrittenAttribute, .boundedLoop,
    ])
}

extension DiagnosticCode {
  package static let unknownType = DiagnosticCode(
    "E0401", "Unknown type", "`flowrun processors` lists the types of processors.", mistake: "type: PutFiles", mend: "type: PutFile")
  static let unknownRelationship = DiagnosticCode(
    "E0402", "Unknown relationship", "The processor has no relationship of this name; some come from its properties.",
    mistake: "to: { sucess: store }", mend: "to: { success: store }")
  static let unmappedRelationship = DiagnosticCode(
    "E0403", "A relationship leads nowhere",
    "Each relationship leads somewhere, so that nothing is lost by an oversight. `failure` alone leads to `errors` where nothing is said.",
    mistake: "to: { }", mend: "to: { success: drop }")
  static let unknownProcessor = DiagnosticCode(
    "E0404", "A relationship leads to an unknown processor", "Destinations are processors of the file, `errors`, `defer` or `drop`.",
    mistake: "to: { success: stroe }", mend: "to: { success: store }")
  static let repeatedDestination = DiagnosticCode(
    "E0405", "A destination is named twice", "Each FlowFile would arrive twice.", mistake: "to: { success: [store, store] }", mend: "to: { success: store }")
  static let unsuitableQueue = DiagnosticCode(
    "E0406", "A queue that cannot be", "A queue stands before a processor and has a limit: memory is bounded.",
    mistake: "to: { success: { then: drop, queue: { count: 10 } } }", mend: "to: { success: { then: store, queue: { count: 10 } } }")
  static let excessiveConcurrency = DiagnosticCode(
    "E0407", "More concurrency than the processor allows", "Some processors work alone, or have a bound.", mistake: "concurrency: 4", mend: "concurrency: 1")
  static let retryWaits = DiagnosticCode(
    "E0408", "The longest wait is below the first", "Waits between tries grow from `backoff` to `max_backoff`.",
    mistake: "retry: { attempts: 5, backoff: 10m, max_backoff: 1m }", mend: "retry: { attempts: 5, backoff: 1m, max_backoff: 10m }")
  static let noSource = DiagnosticCode(
    "E0409", "No processor begins the flow", "At least one must need no input.",
    mistake: "processors:\n  - { name: store, type: PutFile, … }",
    mend: "processors:\n  - { name: begin, type: GenerateFlowFile, to: { success: store } }\n  - { name: store, type: PutFile, … }")
  static let unreachable = DiagnosticCode(
    "E0410", "No FlowFile can reach the processor", "No relationship leads to it, or none that comes from a processor which begins the flow.",
    mistake: "- { name: begin, …, to: { success: drop } }\n- { name: store, … }", mend: "- { name: begin, …, to: { success: store } }\n- { name: store, … }")
  static let inputOfSource = DiagnosticCode(
    "E0411", "A relationship leads to a processor that takes no FlowFiles", "A processor that begins the flow has no queue before it.",
    mistake: "to: { success: begin }", mend: "to: { success: store }")
  static let endlessLoop = DiagnosticCode(
    "E0412", "A loop without an end",
    "A way may lead back when it is a retry, or when a condition decides about it that something in the loop changes. This one has neither.",
    mistake: "- { name: store, …, to: { success: store } }", mend: "- { name: store, …, to: { success: drop } }")
  static let unwrittenAttribute = DiagnosticCode(
    "E0413", "No processor before writes the attribute",
    "The attribute would be empty in every FlowFile. Where that is meant, say what holds without it: `${name:replaceEmpty('…')}`.",
    mistake: "file_name: \"${uiud}.json\"", mend: "file_name: \"${uuid}.json\"")
  package static let boundedLoop = DiagnosticCode(
    "N0401", "A loop, bounded by a retry or a condition", "Nothing is wrong; it is noted because a loop is seldom written by accident or without one.",
    mistake: "to: { retry: fetch }", mend: "to: { retry: fetch }")
}
