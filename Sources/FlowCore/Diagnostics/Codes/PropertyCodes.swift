extension DiagnosticGroup {
  /// Properties of processors and services.
  package static let properties = DiagnosticGroup(
    "Properties",
    [
      .unknownProperty, .missingProperty, .unsuitableValue, .withdrawnProperty, .unknownService, .unsuitableService, .sensitiveProperty,
      .conflictingProperties,
    ])
}

extension DiagnosticCode {
  package static let unknownProperty = DiagnosticCode(
    "E0501", "Unknown property",
    "The processor or service has no property of this name. `flowrun processors TYPE` lists the properties of a processor.",
    mistake: "properties: { cuont: 3 }", mend: "properties: { count: 3 }")
  package static let missingProperty = DiagnosticCode(
    "E0502", "A required property is missing",
    "The property has no default. A parameter that is empty counts as nothing written.",
    mistake: "- { name: store, type: PutFile }", mend: "- { name: store, type: PutFile, properties: { folder: out } }")
  package static let unsuitableValue = DiagnosticCode(
    "E0503", "The value does not suit the property",
    "Each property has a kind: a duration, a size, a whole number within bounds, one of several words, a list, a map. The message says what is "
      + "expected here, and the place is that of the parameter's value where one was given outside of the file.",
    mistake: "timeout: thirty seconds", mend: "timeout: 30s")
  package static let withdrawnProperty = DiagnosticCode(
    "E0504", "A property of an earlier version",
    "The property is gone; the message says what to write instead.",
    mistake: "rows_may_be_absent: true", mend: "empty: [{ at: /, only: [] }]")
  package static let unknownService = DiagnosticCode(
    "E0505", "Unknown service",
    "The property names a service that `services` does not declare.",
    mistake: "services: { database: { … } }\n…\n  properties: { database: databse }",
    mend: "services: { database: { … } }\n…\n  properties: { database: database }")
  package static let unsuitableService = DiagnosticCode(
    "E0506", "The service is of another kind",
    "The property needs a service of one role, such as a record store; the service that it names has another one.",
    mistake: "services:\n  web: { type: …, … }\n…\n  properties: { database: web, … }",
    mend: "services:\n  web: { type: …, … }\n  store: { type: …, … }\n…\n  properties: { database: store, … }")
  package static let sensitiveProperty = DiagnosticCode(
    "E0507", "A sensitive parameter feeds a property that is not sensitive",
    "Values of sensitive parameters go into sensitive properties only: anything else may end in a FlowFile, a log line or a file.",
    mistake: "parameters: { secret: { sensitive: true } }\n…\n  headers: { X-Key: \"#{secret}\" }",
    mend: "parameters: { key: { } }\n…\n  headers: { X-Key: \"#{key}\" }")
  package static let conflictingProperties = DiagnosticCode(
    "E0508", "Properties that do not go together",
    "Each value may be right by itself, and together they make no sense: two of which only one may be given, an end before its beginning, a "
      + "step that is longer than the endpoint answers.",
    mistake: "properties: { url: /a, parts: [{ name: b, url: /b }] }", mend: "properties: { url: /a }")
}
