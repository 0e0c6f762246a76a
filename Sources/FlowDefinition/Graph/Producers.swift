import FlowCore

extension LinkedFlow {
  /// A processor that produces records, upstream of a writer.
  struct Producer {
    var index: Int
    var columns: [TableSchema.Column]
  }

  /// The nearest producers upstream; `isWhole` is false if an insufficiently known processor is on a path.
  func producers(reaching index: Int) -> (producers: [Producer], isWhole: Bool) {
    var producers: [Producer] = []
    var isWhole = true
    DirectedGraph.walk(from: index, along: upstream) { next in
      let processor = processors[next]
      if case .produces(let columns) = processor.records {
        producers.append(Producer(index: next, columns: columns))
        return false
      }
      if processor.values == nil && (processor.descriptor == nil || processor.descriptor?.records != nil) { isWhole = false }
      return true
    }
    return (producers.sorted { $0.index < $1.index }, isWhole)
  }
}
