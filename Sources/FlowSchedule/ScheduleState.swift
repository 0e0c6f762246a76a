import FlowBase

/// What is due of one schedule, which may be made of several rhythms: pure decisions over wall-clock times.
///
/// - A due time counts once it is handled: its run has begun, or was left out because one was under way.
/// - Due times that passed while nobody looked, because the machine slept or the server was down, are made up for by one run.
/// - Where nothing is known of the past, the schedule begins now.
/// - After the clock was set back by at most three hours, times that were handled are not due again; after a greater step it begins now.
package struct ScheduleState: Sendable {
  /// Cron takes a greater step of the clock for a correction, too.
  private static let greatestStep = Duration.seconds(3 * 3600)
  /// Missed due times are not counted beyond this.
  private static let countedMissed = 1_000

  private let rhythms: [Rhythm]
  /// Every due time until here is handled.
  package private(set) var handled: Instant

  /// A due time, with those that it makes up for.
  package struct Due: Sendable, Equatable {
    /// The latest; the present if more than 1,000 have passed.
    package var time: Instant
    /// The number of due times before it that nobody looked after.
    package var missedCount: Int

    package init(time: Instant, missedCount: Int) {
      self.time = time
      self.missedCount = missedCount
    }
  }

  package init(_ expression: CronExpression, in zone: CivilZone, handled: Instant?, now: Instant) {
    self.init([.cron(expression, in: zone)], handled: handled, now: now)
  }

  /// - Parameters:
  ///   - rhythms: at least one. A time that is due by several is due once.
  ///   - handled: every due time until then is handled; nil if it is not known.
  package init(_ rhythms: [Rhythm], handled: Instant?, now: Instant) {
    precondition(!rhythms.isEmpty, "a schedule has a time")
    self.rhythms = rhythms
    self.handled = handled ?? now
    correct(now)
  }

  private mutating func correct(_ now: Instant) {
    if handled - now > Self.greatestStep { handled = now }
  }

  /// The next due time after `now`.
  package func next(after now: Instant) -> Instant { first(after: max(now, handled)) }

  private func first(after instant: Instant) -> Instant { rhythms.map { $0.next(after: instant) }.min() ?? instant }

  /// What is due; nil if nothing is.
  package mutating func due(at now: Instant) -> Due? {
    correct(now)
    var next = first(after: handled)
    guard next <= now else { return nil }
    var due = Due(time: next, missedCount: 0)
    while due.missedCount < Self.countedMissed {
      next = first(after: due.time)
      guard next <= now else { return due }
      due = Due(time: next, missedCount: due.missedCount + 1)
    }
    // A long time has passed, and one run makes up for all of it.
    due.time = now
    return due
  }

  /// Call it once the run has begun, or was left out.
  package mutating func handle(_ due: Due) { handled = max(handled, due.time) }
}
