import FlowCore

extension DiagnosticGroup {
  /// The parts of a flow file and their names.
  package static let structure = DiagnosticGroup(
    "Structure", [.wrongShape, .unknownKey, .missingKey, .unsuitableName, .repeatedName, .unsuitableSchedule])
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
    "E0201", "A list, a map or text in place of something else", "The message says what was found and what was expected.",
    mistake: "processors:\n  begin: { type: GenerateFlowFile }", fix: "processors:\n  - { name: begin, type: GenerateFlowFile }")
  static let unknownKey = DiagnosticCode(
    "E0202", "Unknown key", "This part of the flow file has no such member. The properties of a processor belong under `properties`.",
    mistake: "- { name: begin, tpye: GenerateFlowFile }", fix: "- { name: begin, type: GenerateFlowFile }")
  static let missingKey = DiagnosticCode(
    "E0203", "A key is missing", "This part of the flow file requires it.", mistake: "- { name: begin }", fix: "- { name: begin, type: GenerateFlowFile }")
  static let unsuitableName = DiagnosticCode(
    "E0204", "Invalid name",
    "Names of flows and processors are also names of folders: no slashes, no control characters, at most 60 characters. `errors`, `defer` and "
      + "`drop` have a special meaning under `to`.",
    mistake: "name: in/out", fix: "name: in and out")
  static let repeatedName = DiagnosticCode(
    "E0205", "Repeated processor name", "Names must be unique; a space and a `-` count as equal because names are also folders in the error folder.",
    mistake: "- { name: store, … }\n- { name: store, … }", fix: "- { name: store, … }\n- { name: store again, … }")
  static let unsuitableSchedule = DiagnosticCode(
    "E0206", "Invalid schedule",
    "`cron` takes minute, hour, day of month, month and day of week, or a short form such as `@daily`; `zone` an IANA name; `overlap` only `skip`. "
      + "At a source there is also `every` with a duration.",
    mistake: "schedule: { cron: \"0 25 * * *\" }", fix: "schedule: { cron: \"0 23 * * *\" }")

  static let parameterName = DiagnosticCode(
    "E0301", "Invalid parameter name", "Names consist of letters, digits, `.`, `_`, `-`, and spaces between them.",
    mistake: "parameters: { \"a/b\": 3 }", fix: "parameters: { a_b: { default: 3 } }")
  static let malformedReference = DiagnosticCode(
    "E0302", "Malformed parameter reference", "A reference is `#{name}`. For the text `#{` write `##{`.",
    mistake: "path: \"#{folder/data.json\"", fix: "path: \"#{folder}/data.json\"")
  static let unknownParameter = DiagnosticCode(
    "E0303", "Unknown parameter", "The flow declares no parameter of this name; the name comes from the file, from `-p` or from a parameter file.",
    mistake: "parameters: { folder: { default: out } }\n…\n  folder: \"#{fodler}\"", fix: "parameters: { folder: { default: out } }\n…\n  folder: \"#{folder}\"")
  static let parameterCycle = DiagnosticCode(
    "E0304", "A parameter depends on itself", "Defaults may refer to other parameters, but not in a cycle.",
    mistake: "a: { default: \"#{b}\" }\nb: { default: \"#{a}\" }", fix: "a: { default: x }\nb: { default: \"#{a}\" }")
  static let parameterWithoutValue = DiagnosticCode(
    "E0305", "A parameter has no value", "It has no default and was not set by `-p`, a parameter file or its environment variable.",
    mistake: "flowrun flow.yaml", fix: "flowrun flow.yaml -p folder=out")
  static let exposedSecret = DiagnosticCode(
    "E0306", "A sensitive value can be read by others",
    "Every user of the machine can see command lines, and files whose mode permits it.",
    mistake: "flowrun flow.yaml -p secret=abc", fix: "chmod 600 secret.txt; flowrun flow.yaml -p secret=@secret.txt")
  static let sensitiveText = DiagnosticCode(
    "E0307", "A sensitive parameter in something that is displayed",
    "Names, types and the defaults of parameters that are not sensitive appear in messages and tables.",
    mistake: "parameters:\n  secret: { sensitive: true }\n  copy: { default: \"#{secret}\" }",
    fix: "parameters:\n  secret: { sensitive: true }\n  copy: { default: \"#{secret}\", sensitive: true }")
  static let unsuitableChoice = DiagnosticCode(
    "E0308", "The value is not one of the parameter's choices", "The parameter's `choices` list the allowed values.",
    mistake: "detail: { default: 1s, choices: [1sec, 1min] }", fix: "detail: { default: 1sec, choices: [1sec, 1min] }")
  static let unquotedReference = DiagnosticCode(
    "E0309", "A reference without quotes is a comment", "In YAML, a `#` after a space starts a comment, so the value would silently be empty.",
    mistake: "path: #{database}", fix: "path: \"#{database}\"")
  static let unsuitableParameterText = DiagnosticCode(
    "E0310", "The value contains an unintended character",
    "An invisible character, a typographic quote, or a space at either end: the value looks right but is wrong.",
    mistake: "flowrun flow.yaml -p 'id= 23ABC'", fix: "flowrun flow.yaml -p id=23ABC")
}
