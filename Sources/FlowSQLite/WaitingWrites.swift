import FlowCore
import StudyLedger
import StudyModel

/// Writes that wait for the writer. All that wait when it becomes free share one transaction, whatever their tables: what a transaction
/// costs (locks, pages written to the log) is then paid once.
///
/// A plain value. Each caller adds its writes, has the writer's lane run a turn, and takes its outcome: the lane is serial, so by then its
/// writes were in this turn or in an earlier one.
struct WaitingWrites: Sendable {
  /// Identifies the writes of one call.
  struct Ticket: Hashable, Sendable { fileprivate var number: Int }

  /// An open transaction holds up other processes, so it takes no more slices than this, unless one call has more.
  static let slicesPerTransaction = 64

  private var waiting: [(ticket: Ticket, writes: [SliceWrite])] = []
  private var outcomes: [Ticket: WriteOutcome] = [:]
  private var lastNumber = 0

  mutating func add(_ writes: [SliceWrite]) -> Ticket {
    lastNumber += 1
    let ticket = Ticket(number: lastNumber)
    waiting.append((ticket, writes))
    return ticket
  }

  /// The writes of the next transaction, in the order in which they came. Empty if an earlier turn has taken them.
  mutating func takeGroup() -> [(ticket: Ticket, writes: [SliceWrite])] {
    var count = 0
    let end = waiting.firstIndex { call in
      count += call.writes.count
      return count > Self.slicesPerTransaction
    }
    let group = Array(waiting.prefix(max(end ?? waiting.count, min(1, waiting.count))))
    waiting.removeFirst(group.count)
    return group
  }

  /// Whether the outcome of a call is known.
  func isSettled(_ ticket: Ticket) -> Bool { outcomes[ticket] != nil }

  mutating func settle(_ ticket: Ticket, _ outcome: WriteOutcome) { outcomes[ticket] = outcome }

  /// The outcome of a call, once. A call whose turn could not be run is withdrawn with the error.
  mutating func take(_ ticket: Ticket) -> WriteOutcome? {
    waiting.removeAll { $0.ticket == ticket }
    return outcomes.removeValue(forKey: ticket)
  }
}
