import StudyModel

/// The leases that this process has of a store's participants, by the number of uses: a command that reserves a
/// participant and then changes it takes the lease twice.
struct LeaseCount: Sendable {
  /// nil if the locks of the batch folder suffice.
  var source: (any ParticipantLeases)?
  private var uses: [String: Int] = [:]

  var participants: [String] { uses.keys.sorted() }

  mutating func add(_ participant: String) { uses[participant, default: 0] += 1 }

  /// Returns whether this was the last use.
  mutating func remove(_ participant: String) -> Bool {
    guard let count = uses[participant] else { return false }
    uses[participant] = count > 1 ? count - 1 : nil
    return count == 1
  }

  mutating func removeAll() { uses = [:] }
}
