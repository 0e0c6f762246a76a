import FlowCore

/// Rules over the whole graph, one function each.
enum GraphRules {
  /// - Parameter others: rules that do not belong to the language.
  static func check(_ flow: LinkedFlow, others: [GraphRule], problems: ProblemList) {
    reportInputsOfSources(flow, problems)
    reportUnreached(flow, problems)
    reportSchedules(flow, problems)
    reportChecksOfNeighbours(flow, problems)
    LoopRules(flow, problems: problems).check()
    VocabularyRules.check(flow, problems: problems)
    AttributeRules(flow, problems: problems).check()
    let sketch = flow.sketch
    for finding in others.flatMap({ $0.check(sketch) }) { report(finding, flow, problems) }
  }

  private static func report(_ finding: GraphFinding, _ flow: LinkedFlow, _ problems: ProblemList) {
    let entry = flow.processors[finding.processor].entry
    switch finding.place {
    case .property(let name):
      problems.report(finding.diagnostic, about: entry.properties.member(name), else: entry.position, subject: entry.subject)
    case .connection(let position): problems.report(finding.diagnostic, at: position, subject: entry.subject)
    }
  }

  /// A source has no input.
  private static func reportInputsOfSources(_ flow: LinkedFlow, _ problems: ProblemList) {
    for processor in flow.processors {
      for edge in processor.edges where flow.processors[edge.destination].descriptor?.input == .forbidden {
        problems.report(
          .leadsToSource(flow.processors[edge.destination].entry.name, edge.relationship), at: edge.position,
          subject: processor.entry.subject)
      }
    }
  }

  /// Every processor must be reachable from a source.
  private static func reportUnreached(_ flow: LinkedFlow, _ problems: ProblemList) {
    let upstream = flow.upstream
    // A processor of unknown type may be a source, so processors downstream of it are not reported.
    let sources = flow.processors.indices.filter { index in
      switch flow.processors[index].descriptor?.input {
      case .forbidden, nil: true
      case .allowed: upstream[index].allSatisfy { $0 == index }
      case .required: false
      }
    }
    if sources.isEmpty, let first = flow.processors.first {
      problems.report(.noSource(among: flow.sourceTypes), at: first.entry.position)
      return
    }
    // An unresolved destination may be the missing connection; it is reported already.
    guard !flow.processors.contains(where: \.leadsToUnknown) else { return }
    let reached = reached(from: sources, flow)
    for (index, processor) in flow.processors.enumerated() where !reached.contains(index) {
      let isAlone = upstream[index].allSatisfy { $0 == index }
      problems.report(
        isAlone ? .notConnected : .notReachedFromSource, at: processor.entry.position,
        subject: processor.entry.subject)
    }
  }

  /// Only a source has a schedule: what a run begins with.
  private static func reportSchedules(_ flow: LinkedFlow, _ problems: ProblemList) {
    let upstream = flow.upstream
    for (index, processor) in flow.processors.enumerated() where processor.entry.schedule != nil {
      switch processor.descriptor?.input {
      case .forbidden, nil: continue
      case .allowed where upstream[index].allSatisfy({ $0 == index }): continue
      case .allowed, .required:
        problems.report(
          Diagnostic(
            .unsuitableSchedule, found: "it has a schedule, and is no source: it works when FlowFiles come", expected: "a schedule at a source, or at the flow"),
          at: processor.entry.schedulePosition ?? processor.entry.position, subject: processor.entry.subject)
      }
    }
  }

  private static func reached(from sources: [Int], _ flow: LinkedFlow) -> Set<Int> {
    var reached = Set(sources)
    var waiting = sources
    while let next = waiting.popLast() {
      for edge in flow.processors[next].edges where reached.insert(edge.destination).inserted {
        waiting.append(edge.destination)
      }
    }
    return reached
  }

  /// Runs the processors' own checks of their neighbours.
  private static func reportChecksOfNeighbours(_ flow: LinkedFlow, _ problems: ProblemList) {
    for processor in flow.processors {
      guard let values = processor.values, let check = processor.descriptor?.check else { continue }
      var destinations: [String: [GraphNeighbourhood.Neighbour]] = [:]
      for edge in processor.edges {
        let other = flow.processors[edge.destination]
        guard let values = other.values, let descriptor = other.descriptor else { continue }
        destinations[edge.relationship, default: []]
          .append(GraphNeighbourhood.Neighbour(name: other.entry.name, type: descriptor.type, values: values))
      }
      problems.report(
        check(GraphNeighbourhood(values: values, destinations: destinations)), ofProperties: processor.entry.properties,
        else: processor.entry.position, subject: processor.entry.subject)
    }
  }
}
