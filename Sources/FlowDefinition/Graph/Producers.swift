import FlowCore

extension LinkedFlow {
  /// A processor that makes records, seen from one that writes them.
  struct Producer {
    var index: Int
    var columns: [TableSchema.Column]
  }

  /// The nearest processors upstream that make records; not whole where one on the way is not known well enough to say.
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
