/// The order in which processors are written: as FlowFiles pass them. NiFi's files have them in any order.
enum DraftOrder {
  /// Places of the drafts: each before those that it leads to, but for loops; what is on one way stands together.
  static func order(of drafts: [ProcessorDraft]) -> [Int] {
    let places = Dictionary(drafts.enumerated().map { ($0.element.name, $0.offset) }) { first, _ in first }
    let next = drafts.map { draft in draft.outputs.flatMap(\.destinations).compactMap { places[$0.name] } }
    var isFed = [Bool](repeating: false, count: drafts.count)
    for (place, all) in next.enumerated() { for one in all where one != place { isFed[one] = true } }
    // What is left last stands first. After the sources, only loops that none of them leads to remain.
    var walk = Walk(next: next)
    var ended: [Int] = []
    for start in drafts.indices.reversed() where !isFed[start] { ended += walk.ended(from: start) }
    for start in drafts.indices.reversed() where isFed[start] { ended += walk.ended(from: start) }
    return ended.reversed()
  }

  /// Goes through the drafts depth first, without recursion: a file may have thousands on one way.
  private struct Walk {
    let next: [[Int]]
    private var isSeen: [Bool]

    init(next: [[Int]]) {
      self.next = next
      isSeen = Array(repeating: false, count: next.count)
    }

    /// What is reached from a draft and was not before, in the order in which it was left.
    mutating func ended(from start: Int) -> [Int] {
      guard !isSeen[start] else { return [] }
      isSeen[start] = true
      var ended: [Int] = []
      // The last of the destinations first: turned round, the first one follows its source.
      var stack = [(place: start, rest: next[start])]
      while let (place, rest) = stack.last {
        if let one = rest.last {
          stack[stack.count - 1].rest.removeLast()
          if !isSeen[one] {
            isSeen[one] = true
            stack.append((one, next[one]))
          }
        } else {
          ended.append(place)
          stack.removeLast()
        }
      }
      return ended
    }
  }
}
