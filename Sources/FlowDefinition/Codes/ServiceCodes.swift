import FlowCore

extension DiagnosticGroup {
  /// What a flow requests of its services.
  package static let services = DiagnosticGroup("Services", [.foreignName])
}

extension DiagnosticCode {
  static let foreignName = DiagnosticCode(
    "E0801", "A name that is unknown to the service",
    "Services define names, such as those of permissions. A request with a misspelt name would fail.",
    mistake: "right: wirte", fix: "right: write")
}

extension DiagnosticGroup {
  /// Every group that the rules of the language can report, in numerical order.
  package static let language: [DiagnosticGroup] = [.text, .structure, .parameters, .graph, .properties, .expressions, .tables, .services]
}
