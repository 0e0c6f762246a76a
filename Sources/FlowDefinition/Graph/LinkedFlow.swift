import FlowCore

/// A flow whose names have been looked up, as far as they are known: what the rules over the graph read.
struct LinkedFlow {
  var services: [ServiceDeclaration] = []
  var processors: [LinkedProcessor] = []

  /// The processors that lead to each.
  var upstream: [[Int]] {
    var upstream = [[Int]](repeating: [], count: processors.count)
    for (index, processor) in processors.enumerated() {
      for edge in processor.edges { upstream[edge.destination].append(index) }
    }
    return upstream
  }
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
  var edges: [Edge] = []
  /// Where it leads is not known in whole, after a report.
  var leadsToUnknown = false
  var outputs: [GraphOutput] = []
  var concurrency = 1

  /// What the processor says about records; nil where it is unknown or nothing.
  var records: RecordDeclaration? { values.flatMap { descriptor?.records?($0) } }

  /// Where a property stands in the file: its value, else the processor's name.
  func position(ofProperty name: String) -> SourcePosition {
    guard case .map(let pairs) = entry.properties.value, let pair = pairs.first(where: { $0.key.text == name }) else {
      return entry.position
    }
    return pair.value.position
  }

  /// The finished node; nil where something is missing.
  var node: ProcessorNode? {
    guard let type, let values else { return nil }
    return ProcessorNode(
      name: entry.name, type: type, group: entry.group, values: values, position: entry.position,
      concurrency: concurrency,
      retry: entry.retry?.rule, outputs: outputs)
  }
}
