/// Knows whether anybody else has written for a participant since this process last looked, from the numbers that the database counts up.
struct ParticipantVersions: Sendable {
  private var known: [String: Int64] = [:]

  /// A comparison read this number in its snapshot. Returns whether others have written.
  mutating func saw(_ version: Int64?, of participant: String) -> Bool {
    let version = version ?? 0
    guard let last = known[participant] else {
      known[participant] = version
      return false
    }
    // A smaller one: a write of this process had begun but not committed when the snapshot was taken.
    guard version > last else { return false }
    known[participant] = version
    return true
  }

  /// A transaction of this process counts up to this number. Returns whether others have written since.
  mutating func begins(_ version: Int64, of participant: String) -> Bool {
    defer { known[participant] = version }
    // Also unequal after a transaction of this process that was undone: then a comparison is made again for nothing.
    return known[participant].map { version != $0 + 1 } ?? true
  }

  mutating func forget(_ participant: String) { known[participant] = nil }
}
