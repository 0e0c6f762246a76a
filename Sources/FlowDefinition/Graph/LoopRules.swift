import FlowCore

/// A way that leads back to where it came from must not go round for ever.
///
/// A connection may lead back when it is a retry (the relationship stands under `retry.on`, or is declared for what may work the next
/// time), or when a condition decides about it that something on the way round changes. A loop that has none of these has no end.
struct LoopRules {
  private let flow: LinkedFlow
  private let problems: ProblemList

  init(_ flow: LinkedFlow, problems: ProblemList) {
    self.flow = flow
    self.problems = problems
  }

  func check() {
    let all = flow.processors.map { $0.edges.map(\.destination).filter { flow.processors[$0].descriptor?.input != .forbidden } }
    for loop in DirectedGraph(all).cycles() {
      let members = Set(loop)
      let next = flow.processors.indices.map { index in
        members.contains(index) ? edges(from: index, within: members).map(\.destination) : []
      }
      for cycle in DirectedGraph(next).cycles() { report(cycle, next) }
    }
  }

  /// The connections of a processor that stay in the loop and that nothing bounds.
  private func edges(from index: Int, within loop: Set<Int>) -> [LinkedProcessor.Edge] {
    let processor = flow.processors[index]
    return processor.edges.filter { edge in
      // That a connection leads to a source is a problem of its own.
      guard flow.processors[edge.destination].descriptor?.input != .forbidden else { return false }
      return loop.contains(edge.destination) && !isBounded(edge, of: processor, in: loop)
    }
  }

  private func isBounded(_ edge: LinkedProcessor.Edge, of processor: LinkedProcessor, in loop: Set<Int>) -> Bool {
    if processor.entry.retry?.relationships.contains(where: { $0.text == edge.relationship }) == true { return true }
    // Of an unknown type nothing is said: that has been reported.
    guard processor.descriptor != nil, processor.values != nil else { return true }
    switch processor.relationships.first(where: { $0.name == edge.relationship })?.turn {
    case .again: return true
    case .decided: return hasWayOut(of: loop, processor) && isDecidedAnew(in: loop, processor)
    case .done, nil: return false
    }
  }

  /// Another answer of the condition must lead out of the loop.
  private func hasWayOut(of loop: Set<Int>, _ processor: LinkedProcessor) -> Bool {
    processor.relationships.contains { relationship in
      guard case .decided = relationship.turn else { return relationship.name != Relationship.failureName }
      return !processor.edges.contains { $0.relationship == relationship.name && loop.contains($0.destination) }
    }
  }

  /// Something on the way round changes what the condition depends on.
  private func isDecidedAnew(in loop: Set<Int>, _ processor: LinkedProcessor) -> Bool {
    var deciding: Set<String> = []
    for relationship in processor.relationships {
      guard case .decided(let attributes) = relationship.turn else { continue }
      guard let attributes else { return true }
      deciding.formUnion(attributes)
    }
    let changing = loop.reduce(into: FlowFileAttributes.pseudoNames) { $0.formUnion(flow.processors[$1].writtenAttributes) }
    return !deciding.isDisjoint(with: changing)
  }

  // MARK: Report

  /// At the connection that leads back to the loop's first processor of the file.
  private func report(_ cycle: [Int], _ next: [[Int]]) {
    let way = way(around: cycle, next)
    guard let last = way.last, let first = way.first else { return }
    let processor = flow.processors[last]
    guard let edge = edges(from: last, within: Set(cycle)).first(where: { $0.destination == first }) else { return }
    let names = (way + [first]).map { flow.processors[$0].entry.name }
    problems.report(.endlessLoop(names, by: edge.relationship), at: edge.position, subject: processor.entry.subject)
  }

  /// The shortest way from the first member back to it; each step once.
  private func way(around cycle: [Int], _ next: [[Int]]) -> [Int] {
    guard let start = cycle.min() else { return [] }
    var before: [Int: Int] = [:]
    var waiting = [start]
    var position = 0
    while position < waiting.count {
      let index = waiting[position]
      position += 1
      for other in next[index] {
        if other == start { return Self.trail(to: index, before) }
        if before[other] == nil {
          before[other] = index
          waiting.append(other)
        }
      }
    }
    return []
  }

  private static func trail(to index: Int, _ before: [Int: Int]) -> [Int] {
    var trail = [index]
    while let previous = before[trail[0]] { trail.insert(previous, at: 0) }
    return trail
  }
}
