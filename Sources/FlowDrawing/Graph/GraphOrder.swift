/// The second step of a layered layout: the order of what stands in each rank, with few crossings.
///
/// Items are the nodes, and the bends of edges over several ranks. Blocks are clusters, nodes without a group, and the part of an edge between
/// clusters. In each rank the items of a block stand together, and blocks that share ranks are in the same order in all of them: so a cluster can be
/// drawn as a rectangle with nothing strange in it.
struct GraphOrder {
  struct Item {
    /// nil: a bend.
    var node: Int?
    var rank: Int
    var block: Int
    /// Items of the rank above and below.
    var above: [Int] = []
    var below: [Int] = []
  }

  struct Block {
    /// A group's; nil for a node without a group, and for an edge.
    var name: String?
    var ranks: ClosedRange<Int>
    /// By rank, from that of its first.
    var rows: [[Int]]

    var isTall: Bool { ranks.count > 1 }
    func row(_ rank: Int) -> [Int] { rows[rank - ranks.lowerBound] }
  }

  private(set) var items: [Item]
  private(set) var blocks: [Block]
  /// For each rank, the blocks that it has from left to right, also those without an item in it.
  private(set) var sequence: [[Int]]
  /// For each link, its items from the upper node to the lower one.
  private(set) var chains: [[Int]]
  /// Tall blocks from left to right.
  private var tall: [Int]

  init(_ ranks: GraphRanks) {
    items = ranks.ranks.enumerated().map { Item(node: $0.offset, rank: $0.element, block: ranks.clusters[$0.offset]) }
    blocks = ranks.clusterNames.indices.map { cluster in
      let own = ranks.clusters.indices.filter { ranks.clusters[$0] == cluster }.map { ranks.ranks[$0] }
      let top = own.min() ?? 0, bottom = own.max() ?? 0
      return Block(name: ranks.clusterNames[cluster], ranks: top...bottom, rows: Array(repeating: [], count: bottom - top + 1))
    }
    chains = []
    sequence = Array(repeating: [], count: (ranks.ranks.max() ?? -1) + 1)
    tall = []
    for item in items.indices { place(item) }
    for link in ranks.links { addChain(link) }
    for block in blocks.indices { for rank in blocks[block].ranks { sequence[rank].append(block) } }
    tall = blocks.indices.filter { blocks[$0].isTall }
    reduceCrossings()
  }

  private mutating func place(_ item: Int) {
    let block = items[item].block
    blocks[block].rows[items[item].rank - blocks[block].ranks.lowerBound].append(item)
  }

  private mutating func addChain(_ link: GraphRanks.Link) {
    let upper = items[link.upper], lower = items[link.lower]
    var chain = [link.upper]
    let above = blocks[upper.block].ranks.upperBound, below = blocks[lower.block].ranks.lowerBound
    var lane: Int?
    for rank in (upper.rank + 1)..<max(lower.rank, upper.rank + 1) {
      let block: Int
      if rank <= above || upper.block == lower.block {
        block = upper.block
      } else if rank >= below {
        block = lower.block
      } else {
        if lane == nil {
          lane = blocks.count
          blocks.append(Block(name: nil, ranks: rank...(below - 1), rows: Array(repeating: [], count: below - rank)))
        }
        block = lane ?? upper.block
      }
      items.append(Item(node: nil, rank: rank, block: block))
      chain.append(items.count - 1)
      place(items.count - 1)
    }
    chain.append(link.lower)
    for (item, next) in zip(chain, chain.dropFirst()) {
      items[item].below.append(next)
      items[next].above.append(item)
    }
    chains.append(chain)
  }

  /// All items of a rank from left to right.
  func row(_ rank: Int) -> [Int] { sequence[rank].flatMap { blocks[$0].row(rank) } }

  // MARK: - Crossings

  private mutating func reduceCrossings() {
    var best = self, fewest = crossings()
    for round in 0..<24 where fewest > 0 {
      sweep(down: round.isMultiple(of: 2))
      let count = crossings()
      if count < fewest { (best, fewest) = (self, count) }
    }
    self = best
  }

  private func crossings() -> Int {
    guard sequence.count > 1 else { return 0 }
    var count = 0
    var places = places(0)
    for rank in 1..<sequence.count {
      let row = row(rank), next = self.places(rank)
      var ends: [(upper: Int, lower: Int)] = []
      for item in row { for above in items[item].above { ends.append((places[above] ?? 0, next[item] ?? 0)) } }
      for first in ends.indices {
        for second in ends.indices.dropFirst(first + 1) where (ends[first].upper - ends[second].upper) * (ends[first].lower - ends[second].lower) < 0 { count += 1 }
      }
      places = next
    }
    return count
  }

  private func places(_ rank: Int) -> [Int: Int] { Dictionary(uniqueKeysWithValues: row(rank).enumerated().map { ($0.element, $0.offset) }) }

  /// Orders each rank by the medians of its neighbours in the rank before.
  private mutating func sweep(down: Bool) {
    var weights: [Int: [Double]] = [:]
    for rank in down ? Array(sequence.indices.dropFirst()) : Array(sequence.indices.dropLast().reversed()) {
      let neighbours = places(down ? rank - 1 : rank + 1), own = places(rank)
      func key(_ item: Int) -> Double {
        let ends = (down ? items[item].above : items[item].below).compactMap { neighbours[$0] }.sorted()
        guard !ends.isEmpty else { return Double(own[item] ?? 0) }
        return Double(ends[(ends.count - 1) / 2] + ends[ends.count / 2]) / 2
      }
      var keys: [Int: Double] = [:]
      for (position, block) in sequence[rank].enumerated() {
        let row = blocks[block].row(rank).map { (item: $0, key: key($0)) }
        let offset = rank - blocks[block].ranks.lowerBound
        blocks[block].rows[offset] = Self.stable(row) { $0.key < $1.key }.map(\.item)
        keys[block] = row.isEmpty ? Double(position) : row.map(\.key).reduce(0, +) / Double(row.count)
        if blocks[block].isTall, !row.isEmpty { weights[block, default: []].append(keys[block] ?? 0) }
      }
      sequence[rank] = Self.stable(sequence[rank]) { (keys[$0] ?? 0) < (keys[$1] ?? 0) }
      keepTallOrder(rank)
    }
    // Tall blocks change places between sweeps only, in all their ranks at once.
    let means = weights.mapValues { $0.reduce(0, +) / Double($0.count) }
    tall = Self.stable(tall) { (means[$0] ?? 0) < (means[$1] ?? 0) }
    for rank in sequence.indices { keepTallOrder(rank) }
  }

  private mutating func keepTallOrder(_ rank: Int) {
    let slots = sequence[rank].indices.filter { blocks[sequence[rank][$0]].isTall }
    for (slot, block) in zip(slots, tall.filter { blocks[$0].ranks.contains(rank) }) { sequence[rank][slot] = block }
  }

  private static func stable<Element>(_ elements: [Element], by isBefore: (Element, Element) -> Bool) -> [Element] {
    elements.enumerated().sorted { first, second in
      isBefore(first.element, second.element) || (!isBefore(second.element, first.element) && first.offset < second.offset)
    }.map(\.element)
  }
}
