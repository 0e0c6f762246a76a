import FlowCore

extension DiagnosticGroup {
  /// The parts of a flow file and their names.
  package static let structure = DiagnosticGroup(
    "Structure", [.wrongShape, .unknownKey, .missingKey, .unsuitableName, .repeatedName])
  /// Parameters and their values.
  package static let parameters = DiagnosticGroup(
    "Parameters",
    [
      .parameterName, .malformedReference, .unknownParameter, .parameterCycle, .parameterWithoutValue, .exposedSecret, .sensitiveText,
      .unsuitableChoice, .unquotedReference, .unsuitableParameterText,
    ])
}

extension DiagnosticCode {
  static let wrongShape = DiagnosticCode(
    "E0201", "A list, a map or text stands where something else belongs", "The message says what is there and what is expected.",
    mistake: "processors:\n  begin: { type: GenerateFlowFile }", mend: "processors:\n  - { name: begin, type: GenerateFlowFile }")
  static let unknownKey = DiagnosticCode(
    "E0202", "Unknown key", "The part of the flow file has no such member. The properties of a processor stand under `properties`.",
    mistake: "- { name: begin, tpye: GenerateFlowFile }", mend: "- { name: begin, type: GenerateFlowFile }")
  static let missingKey = DiagnosticCode(
    "E0203", "A key is missing", "The part cannot be read without it.", mistake: "- { name: begin }", mend: "- { name: begin, type: GenerateFlowFile }")
  static let unsuitableName = DiagnosticCode(
    "E0204", "The name cannot be used",
    "Names of flows and processors are also names of folders: no slashes, no control characters, at most 60 characters. `errors`, `defer` and "
      + "`drop` mean something else under `to`.",
    mistake: "name: in/out", mend: "name: in and out")
  static let repeatedName = DiagnosticCode(
    "E0205", "Two processors have one name", "Each has a name of its own; a space and a `-` count as the same, because of the error folder.",
    mistake: "- { name: store, … }\n- { name: store, … }", mend: "- { name: store, … }\n- { name: store again, … }")

  static let parameterName = DiagnosticCode(
    "E0301", "The name cannot be a parameter's", "Letters, digits, `.`, `_`, `-`, and spaces between them.",
    mistake: "parameters: { \"a/b\": 3 }", mend: "parameters: { a_b: { default: 3 } }")
  static let malformedReference = DiagnosticCode(
    "E0302", "A reference to a parameter is not well formed", "A reference is `#{name}`. For the text `#{` write `##{`.",
    mistake: "path: \"#{folder/data.json\"", mend: "path: \"#{folder}/data.json\"")
  static let unknownParameter = DiagnosticCode(
    "E0303", "Unknown parameter", "The flow declares no parameter of this name; the name comes from the file, from `-p` or from a file of parameters.",
    mistake: "parameters: { folder: { default: out } }\n…\n  folder: \"#{fodler}\"", mend: "parameters: { folder: { default: out } }\n…\n  folder: \"#{folder}\"")
  static let parameterCycle = DiagnosticCode(
    "E0304", "A parameter depends on itself", "Defaults may refer to other parameters, not in a circle.",
    mistake: "a: { default: \"#{b}\" }\nb: { default: \"#{a}\" }", mend: "a: { default: x }\nb: { default: \"#{a}\" }")
  static let parameterWithoutValue = DiagnosticCode(
    "E0305", "A parameter has no value", "It has no default and was not given, by `-p`, by a file of parameters or by its environment variable.",
    mistake: "flowrun flow.yaml", mend: "flowrun flow.yaml -p folder=out")
  static let exposedSecret = DiagnosticCode(
    "E0306", "A sensitive value can be read by others",
    "Every user of the machine can see a command line, and a file whose mode lets them read it.",
    mistake: "flowrun flow.yaml -p secret=abc", mend: "chmod 600 secret.txt; flowrun flow.yaml -p secret=@secret.txt")
  static let sensitiveText = DiagnosticCode(
    "E0307", "A sensitive parameter feeds something that is shown",
    "Names, types and the defaults of parameters that are not sensitive appear in messages and tables.",
    mistake: "parameters:\n  secret: { sensitive: true }\n  copy: { default: \"#{secret}\" }",
    mend: "parameters:\n  secret: { sensitive: true }\n  copy: { default: \"#{secret}\", sensitive: true }")
  static let unsuitableChoice = DiagnosticCode(
    "E0308", "The value is not one of the parameter's choices", "The parameter's `choices` list what it may be.",
    mistake: "detail: { default: 1s, choices: [1sec, 1min] }", mend: "detail: { default: 1sec, choices: [1sec, 1min] }")
  static let unquotedReference = DiagnosticCode(
    "E0309", "A reference without quotes is a comment", "To YAML a `#` after a space begins a comment: the value would silently be nothing.",
    mistake: "path: #{database}", mend: "path: \"#{database}\"")
  static let unsuitableParameterText = DiagnosticCode(
    "E0310", "The value holds something that does not belong to it",
    "A character that cannot be seen, a typographic quote, or a space at an end: the value looks right and is not.",
    mistake: "flowrun flow.yaml -p 'id= 23ABC'", mend: "flowrun flow.yaml -p id=23ABC")
}
