import FlowCore

/// Names must be in the service's vocabulary; otherwise every run would make futile requests.
enum VocabularyRules {
  static func check(_ flow: LinkedFlow, problems: ProblemList) {
    for processor in flow.processors {
      for (use, node) in processor.notes.all(VocabularyUse.self) {
        // With several candidate services, it is unknown which one the name belongs to.
        let named = services(of: processor)
        let types = named.compactMap { flow.serviceTypes[$0] }.filter { $0.vocabulary[use.kind] != nil }
        guard named.allSatisfy({ flow.serviceTypes[$0] != nil }), types.count == 1, let names = types[0].vocabulary[use.kind], !names.contains(use.name) else { continue }
        problems.report(
          .unknownName(use.name, kind: use.kind, of: types[0].type, among: names.sorted()), about: node, else: processor.entry.position,
          subject: processor.entry.subject)
      }
    }
  }

  private static func services(of processor: LinkedProcessor) -> Set<String> { Set(processor.notes.all(ServiceUse.self).map(\.value.name)) }
}
