import FlowCore
import FlowRuntime
import StudyModel

/// A run that a person or a schedule asks for.
package struct RunOrder: Sendable, Equatable {
  package enum Origin: Sendable, Equatable { case person, schedule }

  /// Name of a served flow.
  package var flow: String
  /// Values that differ from the server's own; never `participants`, `database`, `api` or anything else that says where data come from or go to.
  package var parameters: [String: String] = [:]
  /// Patterns of participants; empty: all.
  package var only: [String] = []
  package var origin = Origin.person

  package init(flow: String, parameters: [String: String] = [:], only: [String] = [], origin: Origin = .person) {
    self.flow = flow
    self.parameters = parameters
    self.only = only
    self.origin = origin
  }
}

/// Error entries that a person has replayed.
package struct ReplayOrder: Sendable, Equatable {
  package var flow: String
  package var cause: String?
  package var participant: String?
  package var processor: String?
  /// Replay from this processor instead of the one that failed.
  package var from: String?
  package var allowsFlowChange = false
  /// Only says what it would do.
  package var isDryRun = false

  package init(flow: String, isDryRun: Bool = false) {
    self.flow = flow
    self.isDryRun = isDryRun
  }
}

package struct ReplayReceipt: Sendable, Equatable, Encodable {
  /// nil in a dry run, and where nothing was to be done.
  package var run: String?
  /// The number of entries that are put back in.
  package var entries: Int
  /// What a dry run would do, or why entries are left alone; a line each.
  package var notes: [String]

  package init(run: String?, entries: Int, notes: [String]) {
    self.run = run
    self.entries = entries
    self.notes = notes
  }
}

/// Why a run or a replay was not started.
package struct RunRefusal: Error, Sendable, Equatable {
  package enum Reason: Sendable, Equatable {
    /// No such flow, parameter, participant or entry.
    case unknown
    /// A value that may not be given, or is not valid.
    case invalid
    /// A run of the same flow and batch is under way.
    case underWay
    /// The server is stopping.
    case stopping
  }
  package var reason: Reason
  /// What was found, what was expected, what to do.
  package var message: String

  package init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }
}

/// Starts, stops and watches runs. Each run has a handle of its own. May be used from any task.
package protocol RunDesk: Sendable {
  /// Starts a run and returns its id as soon as it has begun.
  func start(_ order: RunOrder) async throws(RunRefusal) -> String
  func replay(_ order: ReplayOrder) async throws(RunRefusal) -> ReplayReceipt
  /// Whether the server ends, and starts no run.
  var isStopping: Bool { get }
  /// Has a run of this server take in nothing new, drain and save; false if it is not under way here.
  func stop(run: String) async -> Bool
  /// The runs under way: this server's, and those that other processes with the same state folder have started.
  func active() async -> [LiveUpdate]
  /// Updates of a run under way, the first at once, then at least one a second while it moves; the last has `ended`. nil if no such run is under
  /// way. A slow reader misses updates in the middle, never the last.
  func updates(of run: String) async -> AsyncStream<LiveUpdate>?
}
