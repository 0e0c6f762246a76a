import FlowCore

/// A scope that the provider does not know is nobody's to grant: every participant would be asked for wider consent in vain.
enum ScopeRules {
  static func check(_ flow: LinkedFlow, problems: ProblemList) {
    for processor in flow.processors {
      let names = Set(processor.notes.providers)
      guard names.count == 1, let type = names.first.flatMap({ flow.serviceTypes[$0] }), !type.scopes.isEmpty else {
        continue
      }
      for scope in processor.notes.scopes where !type.scopes.contains(scope.name) {
        problems.report(
          .unknownScope(scope.name, of: type.type, among: type.scopes.sorted()), about: scope.node,
          else: processor.entry.position, subject: processor.entry.subject)
      }
    }
  }
}
