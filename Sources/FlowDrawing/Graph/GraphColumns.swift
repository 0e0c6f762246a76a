/// The third step of a layered layout: where everything stands in its rank.
///
/// Distances between neighbours are constraints `right ≥ left + distance`; within them, what is connected is drawn together.
struct GraphColumns {
  struct Spacing {
    var nodeWidth: Double
    /// Between nodes of a cluster.
    var gap: Double
    /// Between clusters, and around edges that pass them.
    var clusterGap: Double
    /// Between a cluster's border and its nodes.
    var padding: Double
    /// Room at the right of nodes with an edge to themselves.
    var loop: Double
  }

  private struct Constraint {
    var left: Int
    var right: Int
    var distance: Double
  }

  /// The centre of each item, in whole pixels; the leftmost things begin at 0.
  private(set) var centres: [Double]
  /// For each block that is a cluster, its borders.
  private(set) var borders: [Int: (left: Double, right: Double)] = [:]

  private let order: GraphOrder
  private let spacing: Spacing
  private let loops: Set<Int>
  private var constraints: [Constraint] = []
  /// Number of the variable for a cluster's left border; its right border has the next one.
  private var borderVariables: [Int: Int] = [:]
  /// The place of each item and border.
  private var places: [Double] = []

  /// - Parameter loops: nodes with an edge to themselves.
  init(_ order: GraphOrder, spacing: Spacing, loops: Set<Int>) {
    self.order = order
    self.spacing = spacing
    self.loops = loops
    centres = []
    constrain()
    let sorted = sortedConstraints()
    places = Array(repeating: 0, count: order.items.count + 2 * borderVariables.count)
    push(sorted)
    settle()
    places = places.map { $0.rounded() }
    push(sorted)
    straighten()
    finish()
  }

  // MARK: - Constraints

  private func halfWidths(_ item: Int) -> (left: Double, right: Double) {
    guard let node = order.items[item].node else { return (1, 1) }
    return (spacing.nodeWidth / 2, spacing.nodeWidth / 2 + (loops.contains(node) ? spacing.loop : 0))
  }

  private mutating func constrain() {
    for block in order.blocks.indices where order.blocks[block].name != nil {
      borderVariables[block] = order.items.count + 2 * borderVariables.count
    }
    for rank in order.sequence.indices {
      var before: (variable: Int, reach: Double)?
      for block in order.sequence[rank] {
        let row = order.blocks[block].row(rank), border = borderVariables[block]
        if let border {
          if let before { constraints.append(Constraint(left: before.variable, right: border, distance: before.reach + spacing.clusterGap)) }
          constraints.append(Constraint(left: border, right: border + 1, distance: 2 * spacing.padding))
          before = nil
        }
        for item in row {
          let halves = halfWidths(item)
          if let before {
            let gap = border == nil ? spacing.clusterGap : spacing.gap
            constraints.append(Constraint(left: before.variable, right: item, distance: before.reach + gap + halves.left))
          } else if let border {
            constraints.append(Constraint(left: border, right: item, distance: spacing.padding + halves.left))
          }
          before = (item, halves.right)
        }
        if let border {
          if let before { constraints.append(Constraint(left: before.variable, right: border + 1, distance: before.reach + spacing.padding)) }
          before = (border + 1, 0)
        }
      }
    }
  }

  /// The constraints in an order in which each comes after those of its left end.
  private func sortedConstraints() -> [Constraint] {
    let count = order.items.count + 2 * borderVariables.count
    var waiting = [Int](repeating: 0, count: count), outgoing = [[Constraint]](repeating: [], count: count)
    for constraint in constraints {
      waiting[constraint.right] += 1
      outgoing[constraint.left].append(constraint)
    }
    var ready = waiting.indices.filter { waiting[$0] == 0 }, done = 0
    var sorted: [Constraint] = []
    while done < ready.count {
      for constraint in outgoing[ready[done]] {
        sorted.append(constraint)
        waiting[constraint.right] -= 1
        if waiting[constraint.right] == 0 { ready.append(constraint.right) }
      }
      done += 1
    }
    precondition(ready.count == count, "the columns of a graph have a cycle")
    return sorted
  }

  /// Moves to the right what stands too close to its left neighbour.
  private mutating func push(_ sorted: [Constraint]) {
    for constraint in sorted { places[constraint.right] = max(places[constraint.right], places[constraint.left] + constraint.distance) }
  }

  // MARK: - Forces

  /// Long edges are drawn straight first.
  private func pull(_ first: Int, _ second: Int) -> Double {
    switch (order.items[first].node, order.items[second].node) {
    case (nil, nil): 8
    case (nil, _), (_, nil): 2
    default: 1
    }
  }

  private mutating func settle() {
    for round in 0..<40 {
      let ranks = round.isMultiple(of: 2) ? Array(order.sequence.indices) : order.sequence.indices.reversed()
      for rank in ranks {
        for item in order.row(rank) {
          let neighbours = order.items[item].above + order.items[item].below
          guard !neighbours.isEmpty else { continue }
          let weights = neighbours.map { pull(item, $0) }
          places[item] = zip(neighbours, weights).reduce(0) { $0 + places[$1.0] * $1.1 } / weights.reduce(0, +)
        }
      }
      for block in borderVariables.keys { fitBorders(block) }
      satisfy()
    }
  }

  /// Moves everything as little as possible until the constraints hold (Hildreth's method for least squares under linear constraints).
  private mutating func satisfy() {
    var multipliers = [Double](repeating: 0, count: constraints.count)
    for _ in 0..<60 {
      var largest = 0.0
      for index in constraints.indices {
        let constraint = constraints[index]
        let lack = constraint.distance - (places[constraint.right] - places[constraint.left])
        let step = max(-multipliers[index], lack / 2)
        guard step != 0 else { continue }
        multipliers[index] += step
        places[constraint.left] -= step
        places[constraint.right] += step
        largest = max(largest, abs(step))
      }
      if largest < 0.1 { break }
    }
  }

  /// What is connected with one thing only stands right below it, if there is room: first all that a block has in a rank together, then each.
  private mutating func straighten() {
    for rank in order.sequence.indices {
      for block in order.sequence[rank] {
        let row = order.blocks[block].row(rank)
        let shifts = row.compactMap { shiftBelow($0) }.sorted()
        if !shifts.isEmpty { move(row, by: shifts[shifts.count / 2], in: block) }
        for item in row { if let shift = shiftBelow(item) { move([item], by: shift, in: block) } }
      }
    }
  }

  /// How far an item is from standing below the only item that leads to it; nil if there is none or several.
  private func shiftBelow(_ item: Int) -> Double? {
    guard order.items[item].above.count == 1, let above = order.items[item].above.first, order.items[above].below.count == 1 else { return nil }
    return places[above] - places[item]
  }

  /// Moves items of a block, unless something is in the way.
  private mutating func move(_ row: [Int], by shift: Double, in block: Int) {
    guard shift != 0 else { return }
    let before = places
    for item in row { places[item] += shift }
    fitBorders(block)
    if constraints.contains(where: { places[$0.right] - places[$0.left] < $0.distance }) { places = before }
  }

  private mutating func fitBorders(_ block: Int) {
    guard let border = borderVariables[block] else { return }
    let members = order.blocks[block].rows.flatMap { $0 }
    places[border] = members.map { places[$0] - halfWidths($0).left }.min().map { $0 - spacing.padding } ?? places[border]
    places[border + 1] = members.map { places[$0] + halfWidths($0).right }.max().map { $0 + spacing.padding } ?? places[border + 1]
  }

  private mutating func finish() {
    for (block, border) in borderVariables {
      fitBorders(block)
      borders[block] = (places[border], places[border + 1])
    }
    let leftmost = min(order.items.indices.map { places[$0] - halfWidths($0).left }.min() ?? 0, borders.values.map(\.left).min() ?? .infinity)
    centres = order.items.indices.map { places[$0] - leftmost }
    borders = borders.mapValues { ($0.left - leftmost, $0.right - leftmost) }
  }
}
