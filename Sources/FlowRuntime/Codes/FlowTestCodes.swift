import FlowCore

extension DiagnosticGroup {
  /// The tests of a flow.
  package static let flowTests = DiagnosticGroup("Flow tests", [.unknownInTest, .repeatedTest])
}

extension DiagnosticCode {
  static let unknownInTest = DiagnosticCode(
    "E1501", "The flow does not have what its test names",
    "A test names processors, relationships, tables, columns and parameters as the flow file does.",
    mistake: "at: extract step", fix: "at: extract steps")
  static let repeatedTest = DiagnosticCode(
    "E1502", "Two tests have the same name", "A test is known by its name, in messages and in JUnit's report.",
    mistake: "- { name: a day, … }\n- { name: a day, … }", fix: "- { name: a day, … }\n- { name: an empty day, … }")
}
