import FlowBase
import FlowCore

/// What a flow's schedule has done and does next.
package struct ScheduleStatus: Sendable, Equatable {
  package var flow: String
  /// Its times: cron's fields, or `every 5m`; of several, all of them.
  package var cron: String
  package var zone: String
  package var overlap: ScheduleDeclaration.Overlap
  /// When the next run is due.
  package var next: Instant
  /// The last due time that was handled by this server: its run has begun, or was left out.
  package var last: Instant?
  /// The run that began then; nil if it was left out.
  package var lastRun: String?
  /// Why the last one was left out or could not begin; nil if it began.
  package var problem: String?
  /// Since the server was started.
  package var counts = Counts()

  package struct Counts: Sendable, Equatable {
    /// Runs that have begun.
    package var started = 0
    /// Due times left out because a run of the same flow and batch was under way: `flowrun_schedule_skipped_total`.
    package var skipped = 0
    /// Due times that a later run made up for, because the machine slept or the server was down.
    package var missed = 0
    /// Due times whose run could not begin.
    package var failed = 0

    package init(started: Int = 0, skipped: Int = 0, missed: Int = 0, failed: Int = 0) {
      self.started = started
      self.skipped = skipped
      self.missed = missed
      self.failed = failed
    }
  }

  package init(
    flow: String, cron: String, zone: String, overlap: ScheduleDeclaration.Overlap = .skip, next: Instant, last: Instant? = nil, lastRun: String? = nil,
    problem: String? = nil, counts: Counts = Counts()
  ) {
    self.flow = flow
    self.cron = cron
    self.zone = zone
    self.overlap = overlap
    self.next = next
    self.last = last
    self.lastRun = lastRun
    self.problem = problem
    self.counts = counts
  }
}
