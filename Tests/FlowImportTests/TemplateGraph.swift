import FlowImport
import Testing

/// The All of Us template as its file has it: processors by name, and where their relationships lead, across ports.
struct TemplateGraph {
  let flow: NiFiFlow
  private let groupOf: [String: String]
  private let byID: [String: NiFiProcessor]
  private let connections: [NiFiConnection]

  init() throws {
    flow = try NiFiFile.flow(ImportBench.bytes("all-of-us-Fitbit.xml", in: ImportBench.publicFlows))
    var groupOf: [String: String] = [:], byID: [String: NiFiProcessor] = [:]
    for group in flow.groups {
      for processor in group.processors {
        groupOf[processor.id] = group.name
        byID[processor.id] = processor
      }
    }
    self.groupOf = groupOf
    self.byID = byID
    connections = flow.groups.flatMap(\.connections)
  }

  var processors: [NiFiProcessor] { flow.groups.flatMap(\.processors) }

  /// All of a type.
  func of(_ type: String) -> [NiFiProcessor] { processors.filter { $0.shortType == type } }

  /// All of a name, in a group or anywhere.
  func named(_ name: String, in group: String? = nil) -> [NiFiProcessor] {
    processors.filter { $0.name == name && (group == nil || groupOf[$0.id] == group) }
  }

  /// The one of a name, whose property has a value if that is given.
  func one(_ name: String, in group: String? = nil, _ property: String? = nil, _ value: String? = nil) throws -> NiFiProcessor {
    let found = named(name, in: group).filter { processor in property.map { processor[$0] == value } ?? true }
    try #require(found.count == 1, "\(name): \(found.count)")
    return found[0]
  }

  func group(of processor: NiFiProcessor) -> String? { groupOf[processor.id] }

  /// The processors that a relationship leads to; nil: any relationship.
  func next(_ processor: NiFiProcessor, _ relationship: String? = nil) -> [NiFiProcessor] {
    connections.filter { $0.source.id == processor.id && (relationship.map($0.relationships.contains) ?? true) }.flatMap { behind($0.destination.id) }
  }

  /// The names of those.
  func names(_ processor: NiFiProcessor, _ relationship: String? = nil) -> [String] { next(processor, relationship).map(\.name).sorted() }

  /// How many connections are at least between two processors; nil: none leads there.
  func distance(from source: NiFiProcessor, to destination: NiFiProcessor) -> Int? {
    var seen: Set<String> = [source.id], here = [source], steps = 0
    while !here.isEmpty {
      if here.contains(where: { $0.id == destination.id }) { return steps }
      steps += 1
      here = here.flatMap { next($0) }.filter { seen.insert($0.id).inserted }
    }
    return nil
  }

  /// A processor, or what a port leads on to.
  private func behind(_ id: String) -> [NiFiProcessor] {
    if let processor = byID[id] { return [processor] }
    return connections.filter { $0.source.id == id }.flatMap { behind($0.destination.id) }
  }
}

extension NiFiProcessor {
  subscript(_ property: String) -> String? { properties.first { $0.name == property }?.value }

  func ends(_ relationships: String...) -> Bool { relationships.allSatisfy(autoTerminated.contains) }
}
