import FlowCore
import StudyModel

/// The leases of one store: rows of `flowrun_lease`, renewed while the store is open and checked by every transaction that writes.
///
/// A lease is renewed if nobody has taken it, even after its term: until then nobody else has written. Nothing depends on a session, so a
/// pooler in transaction mode may be between.
final class PostgresLeases: ParticipantLeases {
  /// Longer than a transaction may be held up (`PostgresLimits.statementSeconds`), so that a host which freezes within one has lost its
  /// transaction before it has lost its lease.
  static let termSeconds: Int64 = 60

  private struct State {
    /// The fence of each lease that was taken and not given back, lost or not.
    var fences: [String: Int64] = [:]
  }

  private let links: PostgresLinks
  private let environment: RuntimeEnvironment
  /// Different for any two stores.
  private let holderID: String
  private let heartbeat: Heartbeat
  private let state = Locked(State())

  init(_ links: PostgresLinks, _ environment: RuntimeEnvironment) {
    self.links = links
    self.environment = environment
    heartbeat = Heartbeat(every: .seconds(Self.termSeconds / 3), by: environment.time)
    holderID = "\(environment.run)/\(String(environment.random.next(), radix: 36))\(String(environment.random.next(), radix: 36))"
  }

  func acquire(_ participant: String) async throws -> LeaseAnswer {
    guard let party = environment.leaseParty else { throw ProcessorError(.internal, "a lease was asked for before it is known for whom") }
    let holderID = holderID
    while true {
      let (fence, answer) = try await links.lend { link in
        try await link.run([
          LeaseStatements.acquire(participant, holderID, party, term: Self.termSeconds), LeaseStatements.state(of: participant),
        ]) { answers in (answers[0].count > 0 ? answers[0].integer(0, 0) : nil, Self.answer(answers[1], party)) }
      }
      if let fence {
        state.withLock { $0.fences[participant] = fence }
        return .acquired
      }
      // Without an answer the lease has ended between the two statements.
      if let answer { return answer }
    }
  }

  /// Why a lease was refused.
  private static func answer(_ answer: Answer, _ party: LeaseParty) -> LeaseAnswer? {
    guard answer.count > 0 else { return nil }
    if let batch = answer.text(0, 2), batch != party.batchID { return .enrolledElsewhere(batch: answer.text(0, 3) ?? "") }
    guard answer.boolean(0, 4), let until = answer.moment(0, 1) else { return nil }
    return .heldBy(holder: answer.text(0, 0) ?? "", until: until)
  }

  func confirm(_ participant: String) async throws -> Bool {
    guard let fence = state.withLock({ $0.fences[participant] }) else { return false }
    return try await renew([participant: fence]).contains(participant)
  }

  func release(_ participants: [String]) async throws {
    let held = state.withLock { state in participants.filter { state.fences.removeValue(forKey: $0) != nil } }
    guard !held.isEmpty else { return }
    let holderID = holderID
    try await links.lend { link in try await link.run([LeaseStatements.release(held, holderID)]) { _ in } }
  }

  func holder(of participant: String) async throws -> String? {
    try await links.lend { link in
      try await link.run([LeaseStatements.state(of: participant)]) { Self.holder($0[0]) }
    }
  }

  /// The participants of a transaction whose lease was taken and lost, each with the error to report. What the transaction writes for the
  /// others is safe until it ends: their rows are locked.
  func lost(among participants: [String], _ transaction: PostgresTransaction) async throws -> [String: ProcessorError] {
    let fences = state.withLock { state in state.fences.filter { participants.contains($0.key) } }
    guard !fences.isEmpty else { return [:] }
    let kept = try await transaction.run([LeaseStatements.renew(fences, term: Self.termSeconds)]) { Self.participants($0[0]) }
    let lost = Set(fences.keys).subtracting(kept).sorted()
    guard !lost.isEmpty else { return [:] }
    let holders = try await transaction.run(lost.map(LeaseStatements.state(of:))) { $0.map(Self.holder) }
    return Dictionary(zip(lost, holders).map { ($0, ProcessorError.heldElsewhere($0, by: $1, isLost: true)) }) { $1 }
  }

  /// Who has a participant now; nil if nobody has.
  private static func holder(_ answer: Answer) -> String? { answer.count > 0 && answer.boolean(0, 4) ? answer.text(0, 0) : nil }

  /// A lease whose row is gone with its participant is not lost.
  func forget(_ participant: String) { state.withLock { $0.fences[participant] = nil } }

  private func renew(_ fences: [String: Int64]) async throws -> Set<String> {
    try await links.lend { link in try await link.run([LeaseStatements.renew(fences, term: Self.termSeconds)]) { Self.participants($0[0]) } }
  }

  private static func participants(_ answer: Answer) -> Set<String> { Set((0..<answer.count).compactMap { answer.text($0, 0) }) }

  // MARK: Heartbeat

  func open() {
    heartbeat.start { [weak self, environment] in
      Task(executorPreference: environment.executor) { [weak self] in await self?.renewAll() }
    }
  }

  /// Leases that were not given back end by themselves, as those of a run that is killed.
  func close() {
    heartbeat.stop()
    state.withLock { $0 = State() }
  }

  private func renewAll() async {
    let fences = state.withLock { $0.fences }
    guard !fences.isEmpty else { return }
    do {
      _ = try await renew(fences)
    } catch {
      // The next write learns whether the leases are lost.
      environment.log("leases could not be renewed", ["error": "\(error)"])
    }
  }
}
