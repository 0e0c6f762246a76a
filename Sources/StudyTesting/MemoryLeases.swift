import FlowCore
import StudyModel

/// How a `MemoryStore` leases participants.
package struct MemoryLeasing: Sendable {
  /// Known before a participant is leased.
  package var party: @Sendable () -> LeaseParty?
  /// The clock by which terms end: the server's, the same for every store on a medium.
  package var clock: any TimeSource
  /// The clock of the run, which stands still while the run is paused: leases are renewed by it.
  package var heartbeat: any TimeSource

  package static let term: Duration = .seconds(60)

  package init(party: LeaseParty, clock: any TimeSource, heartbeat: any TimeSource) {
    self.party = { party }
    self.clock = clock
    self.heartbeat = heartbeat
  }

  /// Of a run: its party, and its clock for the heartbeat.
  package init(_ environment: RuntimeEnvironment, clock: any TimeSource) {
    party = { environment.leaseParty }
    self.clock = clock
    heartbeat = environment.time
  }
}

/// The leases and enrolments of a medium.
struct MemoryLeaseTable: Sendable {
  struct Lease: Sendable {
    /// Grows with every lease of the medium.
    var fence: Int
    var holder: String
    var ends: Duration
  }
  private(set) var leases: [String: Lease] = [:]
  private var lastFence = 0
  private var enrolments: [String: (id: String, name: String)] = [:]

  /// The lease, unless its term is over.
  func current(_ participant: String, at now: Duration) -> Lease? { leases[participant].flatMap { $0.ends > now ? $0 : nil } }

  /// Returns the name of the batch that the participant is enrolled in, if it is another one.
  mutating func enrol(_ participant: String, _ party: LeaseParty) -> String? {
    guard let enrolled = enrolments[participant] else {
      enrolments[participant] = (party.batchID, party.batch)
      return nil
    }
    return enrolled.id == party.batchID ? nil : enrolled.name
  }

  /// Returns the new lease's fence.
  mutating func take(_ participant: String, for holder: String, until end: Duration) -> Int {
    lastFence += 1
    leases[participant] = Lease(fence: lastFence, holder: holder, ends: end)
    return lastFence
  }

  mutating func renew(_ participant: String, until end: Duration) { leases[participant]?.ends = end }
  mutating func giveBack(_ participant: String) { leases[participant] = nil }
  mutating func endTerms() { for participant in leases.keys { leases[participant]?.ends = .zero } }
  mutating func forget(_ participant: String) { enrolments[participant] = nil }
}

/// The leases of one store.
final class MemoryLeases: ParticipantLeases {
  private struct State {
    /// The fence of each lease that was taken and not given back, lost or not.
    var fences: [String: Int] = [:]
    var isOpen = false
  }
  private let leasing: MemoryLeasing
  private let table: Locked<MemoryLeaseTable>
  private let heartbeat: Heartbeat
  private let state = Locked(State())

  init(_ leasing: MemoryLeasing, on table: Locked<MemoryLeaseTable>) {
    self.leasing = leasing
    self.table = table
    heartbeat = Heartbeat(every: MemoryLeasing.term / 3, by: leasing.heartbeat)
  }

  private var now: Duration { leasing.clock.monotonic }
  private var end: Duration { now + MemoryLeasing.term }

  func acquire(_ participant: String) async throws -> LeaseAnswer {
    try checkOpen()
    guard let party = leasing.party() else { throw ProcessorError(.internal, "a lease was asked for before it is known for whom") }
    let own = state.withLock { $0.fences[participant] }
    let (answer, fence) = table.withLock { table -> (LeaseAnswer, Int?) in
      if let batch = table.enrol(participant, party) { return (.enrolledElsewhere(batch: batch), nil) }
      guard let lease = table.current(participant, at: now) else {
        return (.acquired, table.take(participant, for: party.holder, until: end))
      }
      guard lease.fence == own else {
        return (.heldBy(holder: lease.holder, until: leasing.clock.now + (lease.ends - now)), nil)
      }
      table.renew(participant, until: end)
      return (.acquired, own)
    }
    if let fence { state.withLock { $0.fences[participant] = fence } }
    return answer
  }

  func confirm(_ participant: String) async throws -> Bool {
    try checkOpen()
    return renew(participant)
  }

  func release(_ participants: [String]) async throws {
    try checkOpen()
    for participant in participants {
      let fence = state.withLock { $0.fences.removeValue(forKey: participant) }
      table.withLock { table in
        if let fence, table.leases[participant]?.fence == fence { table.giveBack(participant) }
      }
    }
  }

  func holder(of participant: String) async throws -> String? {
    table.withLock { $0.current(participant, at: now)?.holder }
  }

  /// Throws unless the participant may be changed: it was never leased to this store, or still is.
  func check(_ participant: String) throws {
    guard let fence = state.withLock({ $0.fences[participant] }) else { return }
    let lease = table.withLock { $0.current(participant, at: now) }
    guard lease?.fence != fence else { return }
    throw ProcessorError.heldElsewhere(participant, by: lease?.holder, isLost: true)
  }

  private func renew(_ participant: String) -> Bool {
    guard let fence = state.withLock({ $0.fences[participant] }) else { return false }
    return table.withLock { table in
      guard table.current(participant, at: now)?.fence == fence else { return false }
      table.renew(participant, until: end)
      return true
    }
  }

  private func checkOpen() throws {
    guard state.withLock({ $0.isOpen }) else { throw ProcessorError(.internal, "leases of a database that is not open were used") }
  }

  // MARK: Heartbeat

  func open() {
    state.withLock { $0.isOpen = true }
    heartbeat.start { [weak self] in self?.renewAll() }
  }

  /// Leases that were not given back end by themselves, as those of a run that is killed.
  func close() {
    heartbeat.stop()
    state.withLock { $0 = State() }
  }

  private func renewAll() {
    for participant in state.withLock({ $0.fences.keys.sorted() }) { _ = renew(participant) }
  }
}
