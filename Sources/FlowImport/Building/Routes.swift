import FlowCore

/// Where FlowFiles go: connections between processors, with ports and funnels on the way resolved.
struct Routes {
  /// What a connection leads from or to.
  enum Place: Hashable {
    /// The number of a processor, counted over the groups of `NiFiFlow.groups`.
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
    /// A port or funnel that nothing leads on from, or a disabled port, by number.
    case passage(Int)
  }

  struct Passage {
    enum Kind { case input, output, funnel, remoteInput, remoteOutput }
    var kind: Kind
    var id: String
    var name: String
    /// A port that NiFi lets nothing through.
    var isDisabled = false
  }

  private(set) var passages: [Passage] = []
  private(set) var connections: [NiFiConnection] = []
  /// By the number of the connection; nil: the end is not in the file.
  private(set) var sources: [Place?] = []
  private(set) var destinations: [Place?] = []
  /// The passages that no connection leads to.
  private(set) var unfed: [Int] = []
  private var outgoing: [Place: [Int]] = [:]
  /// What a hostile file may cost: ways, and steps to find them.
  private static let maximumWays = 100_000
  private static let maximumSteps = 2_000_000

  init(_ flow: NiFiFlow) throws(Diagnostic) {
    var book = PlaceBook()
    var processorCount = 0
    for (number, group) in flow.groups.enumerated() {
      for processor in group.processors {
        try book.add(.processor(processorCount), PlaceBook.Name(processor.instance, processor.id, "processor '\(Quote.short(processor.name))'"), in: number)
        processorCount += 1
      }
      for port in group.ports {
        let place = append(Passage(kind: port.isInput ? .input : .output, id: port.id, name: port.name, isDisabled: port.state == .disabled))
        try book.add(place, PlaceBook.Name(port.instance, port.id, "'\(Quote.short(port.name))'"), in: number)
      }
      for funnel in group.funnels { try book.add(append(Passage(kind: .funnel, id: funnel.id, name: "funnel")), PlaceBook.Name(funnel.instance, funnel.id, "'funnel'"), in: number) }
      for remote in group.remotes {
        for port in remote.ports {
          let place = append(Passage(kind: port.isInput ? .remoteInput : .remoteOutput, id: port.id, name: port.name))
          try book.add(place, PlaceBook.Name(port.instance, port.id, "'\(Quote.short(port.name))'"), in: number, remote: remote.id)
        }
      }
    }
    book.nest(flow)
    var fed: Set<Place> = []
    for (group, connection) in flow.groups.enumerated().flatMap({ group in group.element.connections.map { (group.offset, $0) } }) {
      let source = try book.place(connection.source, in: group), destination = try book.place(connection.destination, in: group)
      let number = connections.count
      connections.append(connection)
      sources.append(source)
      destinations.append(destination)
      if let source, destination != nil { outgoing[source, default: []].append(number) }
      if let destination, source != nil { fed.insert(destination) }
    }
    unfed = passages.indices.filter { !fed.contains(.passage($0)) }
  }

  private mutating func append(_ passage: Passage) -> Place {
    passages.append(passage)
    return .passage(passages.count - 1)
  }

  func leadsOn(_ place: Place) -> Bool { outgoing[place] != nil }

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
        let onward = passages[passage].isDisabled ? [] : outgoing[place] ?? []
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
