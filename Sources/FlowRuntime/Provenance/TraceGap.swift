import FlowCore
import StudyModel

/// Why a run's steps of a FlowFile are not known.
struct TraceGap: Sendable, Equatable {
  let run: String
  /// Path of the state folder.
  let state: String
  let now: Instant
  /// Whether the run's file of steps is there.
  let hasFile: Bool
  /// As the history of runs has it; nil if it does not know the run.
  let status: RunSummary.Status?
  let removed: ProvenanceFolder.Removed

  private static let days = ProvenanceFolder.longest / Duration.seconds(86_400)
  private static let gigabytes = ProvenanceFolder.largestBytes >> 30

  /// A clause without a full stop.
  var words: String { hasFile ? ofKnownRun : ofMissingFile }

  private var ofKnownRun: String {
    switch status {
    case .running: "run \(run) is still under way; trace it again in a second"
    case .interrupted: "run \(run) did not end by itself (flowrun runs says interrupted), and wrote no more"
    default: "run \(run) could not write all steps, as its warnings say: flowrun runs show \(run)"
    }
  }

  private var ofMissingFile: String {
    let began = RunIdentity.start(of: run)
    if let began, began < now - ProvenanceFolder.longest { return "they are kept for \(Int(Self.days)) days, and run \(run) is older" }
    if let pruned = removed.pruned.flatMap({ Instant(rfc3339: $0) }), let began, began < pruned {
      return "'flowrun runs prune' has removed them, with all that was written before \(pruned.text)"
    }
    if let newest = removed.crowdedOut, run <= newest { return "the last \(Self.gigabytes) GB are kept, and later runs needed the room" }
    return "the state folder \(state) has no steps of run \(run): name with --state the one that it ran with"
  }
}
