extension DiagnosticGroup {
  /// Properties of processors and services.
  package static let properties = DiagnosticGroup(
    "Properties",
    [
      .unknownProperty, .missingProperty, .unsuitableValue, .withdrawnProperty, .unknownService, .unsuitableService, .sensitiveProperty,
      .conflictingProperties, .unsupportedProcessor, .protectedPath,
    ])
}

extension DiagnosticCode {
  package static let unknownProperty = DiagnosticCode(
    "E0501", "Unknown property",
    "The processor or service has no property of this name. `flowrun processors TYPE` lists the properties of a processor.",
    mistake: "properties: { cuont: 3 }", fix: "properties: { count: 3 }")
  package static let missingProperty = DiagnosticCode(
    "E0502", "A required property is missing",
    "The property has no default. An empty parameter counts as unset.",
    mistake: "- { name: store, type: PutFile }", fix: "- { name: store, type: PutFile, properties: { folder: out } }")
  package static let unsuitableValue = DiagnosticCode(
    "E0503", "The value does not suit the property",
    "Each property has a kind: a duration, a size, a whole number within bounds, one of several words, a list, a map. The message says what was "
      + "expected. If a parameter was set outside of the file, the position is that of its value there.",
    mistake: "timeout: thirty seconds", fix: "timeout: 30s")
  package static let withdrawnProperty = DiagnosticCode(
    "E0504", "Property of an earlier version",
    "The property was removed; the message says what to write instead.",
    mistake: "rows_may_be_absent: true", fix: "empty: [{ at: /, only: [] }]")
  package static let unknownService = DiagnosticCode(
    "E0505", "Unknown service",
    "The property names a service that `services` does not declare.",
    mistake: "services: { database: { … } }\n…\n  properties: { database: databse }",
    fix: "services: { database: { … } }\n…\n  properties: { database: database }")
  package static let unsuitableService = DiagnosticCode(
    "E0506", "Wrong kind of service",
    "The property needs a service with a certain role, such as a record store; the named service has a different one.",
    mistake: "services:\n  web: { type: …, … }\n…\n  properties: { database: web, … }",
    fix: "services:\n  web: { type: …, … }\n  store: { type: …, … }\n…\n  properties: { database: store, … }")
  package static let sensitiveProperty = DiagnosticCode(
    "E0507", "A sensitive parameter in a property that is not sensitive",
    "Sensitive parameters may only be used in sensitive properties: other values may appear in FlowFiles, logs or files.",
    mistake: "parameters: { secret: { sensitive: true } }\n…\n  headers: { X-Key: \"#{secret}\" }",
    fix: "parameters: { key: { } }\n…\n  headers: { X-Key: \"#{key}\" }")
  package static let conflictingProperties = DiagnosticCode(
    "E0508", "Conflicting properties",
    "Each value may be valid by itself, but the combination is not: two alternatives at once, an end before its start, a "
      + "step longer than the endpoint's maximum range.",
    mistake: "properties: { url: /a, parts: [{ name: b, url: /b }] }", fix: "properties: { url: /a }")
  package static let unsupportedProcessor = DiagnosticCode(
    "E0509", "A placeholder of an import",
    "`flowrun import` writes a processor of type Unsupported for one of NiFi's that flowrun does not have, or not with its settings (`nifi_reason` "
      + "says why), or that is disabled there. It passes nothing on; put a processor of flowrun's in its place, or take it out.",
    mistake: "type: Unsupported\nproperties: { nifi_type: org.apache.nifi.processors.standard.LogMessage }", fix: "type: LogAttribute")
  package static let protectedPath = DiagnosticCode(
    "E0510", "A folder of the run itself",
    "Processors of files neither read nor write what the run rests on: its state, its error entries, its batch folder, databases, folders of raw responses "
      + "and of object storages. Found by `flowrun check`, and by a run before it starts.",
    mistake: "properties: { input_directory: .flowrun/inbox }", fix: "properties: { input_directory: inbox }")
}
