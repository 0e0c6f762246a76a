import FlowCore

/// A flow with resolved names, as far as they are known: the input of the rules over the graph.
struct LinkedFlow {
  var services: [ServiceDeclaration] = []
  /// The service types, by service name in the file.
  var serviceTypes: [String: ServiceDescriptor] = [:]
  var processors: [LinkedProcessor] = []
  /// The types in the catalogue that can start a flow.
  var sourceTypes: [String] = []

  /// The predecessors of each processor.
  var upstream: [[Int]] { DirectedGraph(processors.map { $0.edges.map(\.destination) }).predecessors }

  /// The flow as rules from outside the language see it.
  var sketch: GraphSketch {
    GraphSketch(
      processors: processors.map { processor in
        GraphSketch.Processor(
          name: processor.entry.name, position: processor.entry.position, properties: processor.entry.properties,
          descriptor: processor.descriptor, values: processor.values, edges: processor.edges)
      })
  }
}

/// A processor with its type and values; either is missing if a problem was reported.
struct LinkedProcessor {
  typealias Edge = GraphSketch.Edge

  var entry: ProcessorEntry
  var type: (any Processor.Type)?
  /// Stored because `descriptor` is computed on every access.
  var descriptor: ProcessorDescriptor?
  var values: PropertyValues?
  var notes = PropertyNotes()
  /// The relationships, as far as they are known.
  var relationships: [Relationship] = []
  var edges: [Edge] = []
  /// Some destinations are unknown, after a report.
  var leadsToUnknown = false
  var outputs: [GraphOutput] = []
  var concurrency = 1

  /// The processor's record declaration; nil if there is none or it is unknown.
  var records: RecordDeclaration? { values.flatMap { descriptor?.records?($0) } }

  /// The position of a property's value, or else of the processor's name.
  func position(ofProperty name: String) -> SourcePosition { entry.properties.member(name)?.position ?? entry.position }

  /// The finished node; nil if something is missing.
  var node: ProcessorNode? {
    guard let type, let values else { return nil }
    return ProcessorNode(
      name: entry.name, type: type, group: entry.group, values: values, position: entry.position,
      concurrency: concurrency,
      retry: entry.retry?.rule, outputs: outputs, schedule: entry.schedule)
  }
}
