import FlowCore
import FlowProcessors
import FlowServices

/// Clears the entries of the error folder whose reason has gone: their slice was written meanwhile, their participant got through.
struct ErrorSweep: Sendable {
  let folder: ErrorFolder
  let services: ServiceDirectory
  let register: ParticipantRegister
  /// Wall-clock time at the end of the run.
  let now: Instant
  /// What failed in this run.
  let failedHere: [CountingErrorSink.Failure]

  /// Returns how many entries of the flow remain.
  func run(flow: String, currentRun: String) async throws -> Int {
    let listing = try await folder.entries(flow: flow)
    var remaining = listing.damaged.count
    for entry in listing.entries {
      if entry.document.run != currentRun, try await isSettled(entry, currentRun: currentRun) {
        try await folder.remove(entry)
      } else {
        remaining += 1
      }
    }
    return remaining
  }

  private func isSettled(_ entry: StoredEntry, currentRun: String) async throws -> Bool {
    // An entry from the future: the machine's clock was put back, and only the run tells what came after it.
    let writer = entry.time > now ? currentRun : nil
    if try await entry.isAnswered(in: services.databases, orWrittenBy: writer) { return true }
    guard let participant = entry.participant, entry.slice == nil else { return false }
    let processor = entry.document.processor
    if failedHere.contains(where: { $0.participant == participant && $0.processor == processor }) { return false }
    return register[participant] == .complete || register.hasPassed(participant, processorType: entry.document.processorType)
  }
}

extension StoredEntry {
  /// The slice that the entry's FlowFile was for; nil if it was for none.
  var slice: SliceKey? {
    guard let participant, let dataType = document.attributes[AttributeName.dataType],
      let start = document.attributes[AttributeName.sliceStart].flatMap({ Instant(rfc3339: $0) }),
      let end = document.attributes[AttributeName.sliceEnd].flatMap({ Instant(rfc3339: $0) })
    else { return nil }
    return SliceKey(participant: participant, dataType: dataType, start: start.seconds, end: end.seconds)
  }

  /// The ledger has an answer for the whole slice that was fetched after the entry was made, or was written by the run given, or is the
  /// entry's own: a replay that was killed before it could remove the entry.
  func isAnswered(in databases: [SQLiteDatabase], orWrittenBy run: String? = nil) async throws -> Bool {
    guard let slice else { return false }
    for database in databases {
      let rows = try await database.ledger(of: slice.participant, dataTypes: [slice.dataType])
      var covered = slice.start
      for row in rows where row.key.start <= covered && (row.state == .written || row.state == .provisional) {
        if row.run == run || row.flowFile == document.uuid || row.fetchedAt.map({ $0 > time }) == true { covered = max(covered, row.key.end) }
      }
      if covered >= slice.end { return true }
    }
    return false
  }
}
