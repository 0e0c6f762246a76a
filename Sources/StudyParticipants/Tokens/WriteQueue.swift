import FlowCore

/// Writes of participant files that wait until the disk is free, in the order in which they were asked for.
struct WriteQueue {
  /// Number of files written at the same time; each needs a descriptor.
  static let groupLimit = 16

  struct Order: Sendable {
    var participant: String
    var isOverUnreadable = false
    /// Written only if something has changed, and then let go.
    var isRelease = false
    var change: @Sendable (inout ParticipantFile) -> Void
  }

  private var waiting: [(ticket: Int, order: Order)] = []
  private var done: [Int: Result<Void, any Error>] = [:]
  private var lastTicket = 0

  mutating func add(_ order: Order) -> Int {
    lastTicket += 1
    waiting.append((lastTicket, order))
    return lastTicket
  }

  /// Takes the first orders of different participants.
  mutating func takeGroup() -> [(ticket: Int, order: Order)] {
    var names: Set<String> = []
    var group: [(ticket: Int, order: Order)] = []
    var rest: [(ticket: Int, order: Order)] = []
    for item in waiting {
      // Of one participant's orders the later rests on the earlier.
      if names.insert(item.order.participant).inserted, group.count < Self.groupLimit { group.append(item) } else { rest.append(item) }
    }
    waiting = rest
    return group
  }

  mutating func finish(_ ticket: Int, _ result: Result<Void, any Error>) { done[ticket] = result }

  /// The result of an order, given once; nil if it still waits.
  mutating func takeResult(of ticket: Int) -> Result<Void, any Error>? { done.removeValue(forKey: ticket) }
}
