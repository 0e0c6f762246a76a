import FlowCore

extension LinkedFlow {
  /// A processor that makes records, seen from one that writes them.
  struct Producer {
    var index: Int
    var columns: [TableSchema.Column]
  }

  /// The nearest processors upstream that make records; not whole where one on the way is not known well enough to say.
  func producers(reaching index: Int) -> (producers: [Producer], isWhole: Bool) {
    let upstream = upstream
    var producers: [Producer] = []
    var isWhole = true
    var seen: Set<Int> = [index]
    var waiting = upstream[index]
    while let next = waiting.popLast() {
      guard seen.insert(next).inserted else { continue }
      let processor = processors[next]
      if case .produces(let columns) = processor.records {
        producers.append(Producer(index: next, columns: columns))
        continue
      }
      if processor.values == nil && (processor.descriptor == nil || processor.descriptor?.records != nil) {
        isWhole = false
      }
      waiting += upstream[next]
    }
    return (producers.sorted { $0.index < $1.index }, isWhole)
  }
}
