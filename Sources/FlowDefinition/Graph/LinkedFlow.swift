import FlowCore

/// A flow whose names have been looked up, as far as they are known: what the rules over the graph read.
struct LinkedFlow {
  var services: [ServiceDeclaration] = []
  /// The types of the file's services, by the services' names.
  var serviceTypes: [String: ServiceDescriptor] = [:]
  var processors: [LinkedProcessor] = []
  /// The types of the catalogue that may begin a flow.
  var sourceTypes: [String] = []

  /// The processors that lead to each.
  var upstream: [[Int]] { DirectedGraph(processors.map { $0.edges.map(\.destination) }).predecessors }
}

/// A processor with its type and values; either is missing where a problem was reported.
struct LinkedProcessor {
  struct Edge {
    var relationship: String
    var destination: Int
    /// Where the destination's name stands.
    var position: SourcePosition
  }
  var entry: ProcessorEntry
  var type: (any Processor.Type)?
  /// Made once: `descriptor` is computed anew at each call.
  var descriptor: ProcessorDescriptor?
  var values: PropertyValues?
  var notes = PropertyNotes()
  /// Every relationship, as far as they are known.
  var relationships: [Relationship] = []
  var edges: [Edge] = []
  /// Where it leads is not known in whole, after a report.
  var leadsToUnknown = false
  var outputs: [GraphOutput] = []
  var concurrency = 1

  /// What the processor says about records; nil where it is unknown or nothing.
  var records: RecordDeclaration? { values.flatMap { descriptor?.records?($0) } }

  /// Where a property stands in the file: its value, else the processor's name.
  func position(ofProperty name: String) -> SourcePosition { entry.properties.member(name)?.position ?? entry.position }

  /// The finished node; nil where something is missing.
  var node: ProcessorNode? {
    guard let type, let values else { return nil }
    return ProcessorNode(
      name: entry.name, type: type, group: entry.group, values: values, position: entry.position,
      concurrency: concurrency,
      retry: entry.retry?.rule, outputs: outputs)
  }
}

extension ConfigurationNode {
  /// A member of a map.
  func member(_ name: String) -> ConfigurationNode? {
    guard case .map(let pairs) = value else { return nil }
    return pairs.first { $0.key.text == name }?.value
  }
}
