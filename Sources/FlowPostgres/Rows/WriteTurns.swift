import FlowCore
import StudyLedger
import StudyModel

/// Writes that wait for a connection. Those that wait when one becomes free share its transaction; a participant is written by one connection
/// at a time, so that connections never wait for each other's rows.
///
/// A plain value. Each caller adds its writes and asks for its turn until its outcome is there: it may be given writes of others to carry out
/// together with its own or instead of them.
struct WriteTurns: Sendable {
  /// Identifies the writes of one call.
  struct Ticket: Hashable, Sendable { fileprivate var number: Int }

  struct Call: Sendable {
    let ticket: Ticket
    let writes: [SliceWrite]
    fileprivate var participants: Set<String> { Set(writes.map(\.participant)) }
    fileprivate var rowCount: Int { writes.reduce(0) { $0 + $1.batch.count } }
  }

  enum Turn: Sendable {
    case carryOut([Call])
    case over(WriteOutcome)
    /// Ask again when woken.
    case wait
  }

  /// An open transaction holds locks and, on the server, old row versions: it takes no more than this, unless one call has more.
  static let slicesPerTransaction = 64
  static let rowsPerTransaction = 100_000

  private let writers: Int
  private var waiting: [Call] = []
  private var outcomes: [Ticket: WriteOutcome] = [:]
  private var busyParticipants: Set<String> = []
  private var activeCount = 0
  private var lastNumber = 0

  /// - Parameter writers: how many transactions may be open at a time.
  init(writers: Int) {
    precondition(writers > 0, "somebody writes")
    self.writers = writers
  }

  mutating func add(_ writes: [SliceWrite]) -> Ticket {
    lastNumber += 1
    let ticket = Ticket(number: lastNumber)
    waiting.append(Call(ticket: ticket, writes: writes))
    return ticket
  }

  mutating func turn(_ ticket: Ticket) -> Turn {
    if let outcome = outcomes.removeValue(forKey: ticket) { return .over(outcome) }
    guard activeCount < writers else { return .wait }
    let group = takeGroup()
    guard !group.isEmpty else { return .wait }
    activeCount += 1
    return .carryOut(group)
  }

  /// Whether `turn` would answer something other than `wait`.
  func isWorthAsking(_ ticket: Ticket) -> Bool {
    outcomes[ticket] != nil || activeCount < writers && !firstGroup.isEmpty
  }

  private mutating func takeGroup() -> [Call] {
    let group = firstGroup
    let taken = Set(group.map(\.ticket))
    waiting.removeAll { taken.contains($0.ticket) }
    for call in group { busyParticipants.formUnion(call.participants) }
    return group
  }

  /// The calls of the next transaction, in the order in which they came.
  private var firstGroup: [Call] {
    var group: [Call] = []
    var slices = 0, rows = 0
    // A participant's writes are carried out in the order in which they came.
    var passedOver = busyParticipants
    for call in waiting {
      let fits = group.isEmpty || slices + call.writes.count <= Self.slicesPerTransaction && rows + call.rowCount <= Self.rowsPerTransaction
      guard fits, passedOver.isDisjoint(with: call.participants) else {
        passedOver.formUnion(call.participants)
        continue
      }
      group.append(call)
      slices += call.writes.count
      rows += call.rowCount
    }
    return group
  }

  /// Records the outcome of each call of a group. Everybody who waits asks again.
  mutating func settle(_ group: [Call], _ outcomes: [WriteOutcome]) {
    precondition(group.count == outcomes.count, "each call has an outcome")
    activeCount -= 1
    for (call, outcome) in zip(group, outcomes) {
      self.outcomes[call.ticket] = outcome
      busyParticipants.subtract(call.participants)
    }
  }
}
