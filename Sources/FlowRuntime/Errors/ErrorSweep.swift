import FlowCore
import FlowErrors
import FlowProcessors
import StudyModel
import StudyParticipants
import StudyProcessors

/// Removes error entries that are obsolete: their slice has been written, their participant has passed the processor,
/// or a later entry supersedes them. Reads each entry once and touches only those of the flow's own databases and
/// providers.
struct ErrorSweep: Sendable {
  let folder: ErrorFolder
  let ownership: EntryOwnership
  let environment: RuntimeEnvironment
  let register: ParticipantRegister
  /// Wall-clock time at the end of the run.
  let now: Instant
  /// The run asked no provider, but made rows of kept responses.
  var isRebuild = false
  /// The failures of this run.
  let failedHere: [CountingErrorSink.Failure]
  /// Makes the commits durable that entries are removed because of.
  let synchronizeStores: @Sendable () async throws -> Void
  /// Receives the reason why the index of the error folder could not be written; the next sweep reads the entries again.
  var indexFailed: @Sendable (FileSystemError) -> Void = { _ in }

  /// The entries of the flow that remain, of a shard those of the shard.
  struct Remainder: Sendable, Equatable {
    /// Includes unreadable ones.
    var count = 0
    /// Whether one of them can succeed without a person, whichever run it is of. Those of participants that are not collected do not count.
    var hasRetryable = false
    /// By cause: first what needs a person, then the most frequent.
    var troubles: [RunReport.Trouble] = []
  }

  func run(flow: String, currentRun: String) async throws -> Remainder {
    let found = try await folder.summaries(flow: flow)
    let listing = found.listing
    // Entries of other shards are for their own runs to judge.
    let own = try await ownership.owned(listing.entries).filter { $0.participant.map { !environment.selection.isLeftToOthers($0) } ?? true }
    var cleared = Set(own.superseded(currentRun: currentRun).map(\.path))
    let earlier = own.filter { $0.document.run != currentRun && !cleared.contains($0.path) }
    // An entry from the future was written before the clock was set back: only the run id shows what came after it.
    cleared.formUnion(try await ownership.settled(earlier, environment) { $0.time > now ? currentRun : nil })
    let failures = Set(failedHere.map { FailedPlace(participant: $0.participant, processor: $0.processor) })
    cleared.formUnion(earlier.filter { gotThrough($0, failures) }.map(\.path))
    if !cleared.isEmpty { try await synchronizeStores() }
    var removedCount = 0
    for entry in own where cleared.contains(entry.path) {
      if try await folder.remove(entry, foundIn: found) { removedCount += 1 }
    }
    do {
      try await folder.keep(found, without: cleared, flow: flow)
    } catch let error as FileSystemError {
      indexFailed(error)
    }
    let left = own.filter { !cleared.contains($0.path) }
    return Remainder(
      count: own.count - removedCount + listing.damaged.count,
      hasRetryable: left.contains { $0.cause.isRetryable && !isSkipped($0) },
      troubles: Dictionary(grouping: left, by: \.cause).map { RunReport.Trouble($0, $1) }.sorted {
        ($0.retryable ? 1 : 0, -$0.count, $0.cause) < ($1.retryable ? 1 : 0, -$1.count, $1.cause)
      })
  }

  private func isSkipped(_ entry: StoredEntry) -> Bool { entry.participant.map { register[$0] == .skipped } ?? false }

  private struct FailedPlace: Hashable {
    var participant: String?
    var processor: String
  }

  private func gotThrough(_ entry: StoredEntry, _ failures: Set<FailedPlace>) -> Bool {
    guard let participant = entry.participant, entry.slice == nil else { return false }
    // A rebuild tells nothing of tokens and consents, and a collection nothing of kept objects.
    guard (entry.document.processorType == ReadRawResponses.descriptor.type) == isRebuild else { return false }
    if failures.contains(FailedPlace(participant: participant, processor: entry.document.processor)) { return false }
    return register[participant] == .complete || register.hasSucceeded(participant, processorType: entry.document.processorType)
  }
}

extension RunReport.Trouble {
  /// - Parameter entries: oldest first.
  fileprivate init(_ cause: Cause, _ entries: [StoredEntry]) {
    // The summary of an entry of an earlier run has no message.
    let example = entries.last { !$0.document.message.isEmpty }
    self.init(
      cause: cause.rawValue, count: entries.count, participants: Set(entries.compactMap(\.participant)).sorted(), retryable: cause.isRetryable,
      example: example?.document.message, uuid: (example ?? entries.last)?.document.uuid)
  }
}
