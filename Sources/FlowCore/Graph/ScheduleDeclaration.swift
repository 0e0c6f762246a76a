/// When a server runs a flow by itself: the `schedule` of a flow file, which has been checked.
package struct ScheduleDeclaration: Sendable, Equatable {
  /// What happens to a run that is due while one of the same flow is under way.
  package enum Overlap: String, Sendable, CaseIterable {
    /// It is left out and counted.
    case skip
  }

  /// Five fields, or a short form such as `@hourly`.
  package var cron: String
  /// An IANA name, whose clock the fields mean.
  package var zone: String
  package var overlap: Overlap

  package init(cron: String, zone: String = "UTC", overlap: Overlap = .skip) {
    self.cron = cron
    self.zone = zone
    self.overlap = overlap
  }
}
