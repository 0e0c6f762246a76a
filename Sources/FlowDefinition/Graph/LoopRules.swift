import FlowCore

/// Every loop must end.
///
/// A connection may lead back if it is a retry (the relationship is listed under `retry.on`, or is declared as
/// temporary), or if it depends on a condition that something in the loop changes. A loop without such a connection is
/// endless.
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

  /// The connections of a processor that stay within the loop and are unbounded.
  private func edges(from index: Int, within loop: Set<Int>) -> [LinkedProcessor.Edge] {
    let processor = flow.processors[index]
    return processor.edges.filter { edge in
      // A connection to a source is reported by another rule.
      guard flow.processors[edge.destination].descriptor?.input != .forbidden else { return false }
      return loop.contains(edge.destination) && !isBounded(edge, of: processor, in: loop)
    }
  }

  private func isBounded(_ edge: LinkedProcessor.Edge, of processor: LinkedProcessor, in loop: Set<Int>) -> Bool {
    if processor.entry.retry?.relationships.contains(where: { $0.text == edge.relationship }) == true { return true }
    // An unknown type is already reported.
    guard processor.descriptor != nil, processor.values != nil else { return true }
    switch processor.relationships.first(where: { $0.name == edge.relationship })?.turn {
    case .again: return true
    case .decided: return hasExit(of: loop, processor) && changesCondition(in: loop, processor)
    case .done, nil: return false
    }
  }

  /// Another result of the condition must lead out of the loop.
  private func hasExit(of loop: Set<Int>, _ processor: LinkedProcessor) -> Bool {
    processor.relationships.contains { relationship in
      guard case .decided = relationship.turn else { return relationship.name != Relationship.failureName }
      return !processor.edges.contains { $0.relationship == relationship.name && loop.contains($0.destination) }
    }
  }

  /// Whether something in the loop changes an input of the condition.
  private func changesCondition(in loop: Set<Int>, _ processor: LinkedProcessor) -> Bool {
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

  /// Reports at the connection that leads back to the loop's first processor in file order.
  private func report(_ cycle: [Int], _ next: [[Int]]) {
    let way = way(around: cycle, next)
    guard let last = way.last, let first = way.first else { return }
    let processor = flow.processors[last]
    guard let edge = edges(from: last, within: Set(cycle)).first(where: { $0.destination == first }) else { return }
    let names = (way + [first]).map { flow.processors[$0].entry.name }
    problems.report(.endlessLoop(names, by: edge.relationship), at: edge.position, subject: processor.entry.subject)
  }

  /// The shortest path from the first member back to it, by breadth-first search.
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
