import FlowCore

/// Where FlowFiles go: connections between processors, with ports and funnels on the way resolved.
struct Routes {
  /// What a connection leads from or to.
  enum Place: Hashable {
    /// The number of a processor in `Routes.processors`.
    case processor(Int)
    /// Ports and funnels, by number.
    case passage(Int)
  }

  /// A way from a processor's relationship to the next processor, or to an end of the flow.
  struct Way {
    var relationship: String
    var end: End
    /// The first connection of the way, by number.
    var connection: Int
  }

  enum End: Hashable {
    case processor(Int)
    /// A port or funnel that nothing leads on from, by number.
    case passage(Int)
  }

  struct Passage {
    enum Kind { case input, output, funnel, remoteInput, remoteOutput }
    var kind: Kind
    var id: String
    var name: String
  }

  private(set) var passages: [Passage] = []
  private(set) var connections: [NiFiConnection] = []
  /// By the number of the connection; nil: the end is not in the file.
  private(set) var sources: [Place?] = []
  private(set) var destinations: [Place?] = []
  /// The passages that no connection leads to.
  private(set) var unfed: [Int] = []
  private var outgoing: [Place: [Int]] = [:]
  private var places: [String: Place] = [:]
  /// What a hostile file may cost: ways, and steps to find them.
  private static let maximumWays = 100_000
  private static let maximumSteps = 2_000_000

  /// - Parameter processors: in the order of their numbers.
  init(_ flow: NiFiFlow, processors: [NiFiProcessor]) throws(Diagnostic) {
    for (number, processor) in processors.enumerated() { try add(.processor(number), processor.instance, processor.id, "processor '\(Quote.short(processor.name))'") }
    for group in flow.groups {
      for port in group.ports { try add(Passage(kind: port.isInput ? .input : .output, id: port.id, name: port.name), port.instance) }
      for funnel in group.funnels { try add(Passage(kind: .funnel, id: funnel.id, name: "funnel"), funnel.instance) }
      for port in group.remotes.flatMap(\.ports) {
        try add(Passage(kind: port.isInput ? .remoteInput : .remoteOutput, id: port.id, name: port.name), port.instance)
      }
      connections += group.connections
    }
    var fed: Set<Place> = []
    for (number, connection) in connections.enumerated() {
      let source = place(connection.source), destination = place(connection.destination)
      sources.append(source)
      destinations.append(destination)
      if let source, destination != nil { outgoing[source, default: []].append(number) }
      if let destination, source != nil { fed.insert(destination) }
    }
    unfed = passages.indices.filter { !fed.contains(.passage($0)) }
  }

  private mutating func add(_ passage: Passage, _ instance: String) throws(Diagnostic) {
    passages.append(passage)
    try add(.passage(passages.count - 1), instance, passage.id, "'\(Quote.short(passage.name))'")
  }

  private mutating func add(_ place: Place, _ instance: String, _ id: String, _ what: String) throws(Diagnostic) {
    guard !instance.isEmpty else { throw Diagnostic(.damagedImport, found: "\(what) has no identifier", expected: "one, which connections refer to") }
    guard places[instance] == nil else {
      throw Diagnostic(.damagedImport, found: "two components have the identifier '\(Quote.short(instance))'", expected: "each its own")
    }
    places[instance] = place
    if places[id] == nil { places[id] = place }
  }

  func leadsOn(_ place: Place) -> Bool { outgoing[place] != nil }

  private func place(_ end: NiFiEnd) -> Place? { places[end.instance] ?? places[end.id] }

  /// The ways from each place, in the order of the connections. A way that is there twice is given once.
  /// - Parameter starts: the places that FlowFiles start from.
  func ways(from starts: [Place]) throws(Diagnostic) -> [[Way]] {
    var count = 0
    var steps = 0
    var all: [[Way]] = []
    for start in starts {
      var ways: [Way] = []
      for number in outgoing[start] ?? [] {
        let ends = try ends(behind: number, &steps)
        count += ends.count * max(1, connections[number].relationships.count)
        guard count <= Self.maximumWays else {
          throw Diagnostic(.tooLargeToImport, found: "more than \(Self.maximumWays) ways between processors", expected: "at most so many")
        }
        // What comes from a port has no relationship.
        let relationships = connections[number].relationships
        for relationship in relationships.isEmpty ? [""] : relationships {
          for end in ends { ways.append(Way(relationship: relationship, end: end, connection: number)) }
        }
      }
      all.append(ways)
    }
    return all
  }

  /// Where a connection leads in the end.
  private func ends(behind number: Int, _ steps: inout Int) throws(Diagnostic) -> [End] {
    guard let first = destinations[number] else { return [] }
    var ends: [End] = []
    var seen: Set<Place> = [first]
    var waiting = [first]
    var next = 0
    while next < waiting.count {
      let place = waiting[next]
      next += 1
      steps += 1
      switch place {
      case .processor(let processor): ends.append(.processor(processor))
      case .passage(let passage):
        let onward = outgoing[place] ?? []
        steps += onward.count
        guard steps <= Self.maximumSteps else {
          throw Diagnostic(.tooLargeToImport, found: "ports and funnels that lead to each other in too many ways", expected: "at most \(Self.maximumSteps) steps")
        }
        if onward.isEmpty { ends.append(.passage(passage)) }
        for connection in onward {
          if let destination = destinations[connection], seen.insert(destination).inserted { waiting.append(destination) }
        }
      }
    }
    return ends
  }
}
