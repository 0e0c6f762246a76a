/// When the flow of a source is due, by that source's own `schedule` in the flow file, which has been checked.
///
/// A server starts a run of the whole flow at each of these times, as it does for the flow's `schedule`; a run triggers all of its sources.
package enum DueTime: Sendable, Equatable {
  /// At whole multiples of the interval since 1970-01-01T00:00Z: with `5 min`, at the fifth, tenth and fifteenth minute of each hour.
  case every(Duration)
  /// Five fields, or a short form such as `@hourly`; the zone is an IANA name.
  case cron(String, zone: String)

  /// For displays, and to tell one from another: `every 5m`, `0 */2 * * *`.
  package var text: String {
    switch self {
    case .every(let interval): "every \(Units.text(of: interval))"
    case .cron(let text, _): text
    }
  }
  /// The zone whose clock it means.
  package var zone: String {
    if case .cron(_, let zone) = self { zone } else { "UTC" }
  }
}

extension FlowGraph {
  /// When a server runs the flow: its own schedule, then those of its sources, each once. Empty: only people start it.
  package var dueTimes: [DueTime] {
    var all: [DueTime] = []
    for schedule in [schedule.map { .cron($0.cron, zone: $0.zone) }].compactMap({ $0 }) + processors.compactMap(\.schedule) where !all.contains(schedule) {
      all.append(schedule)
    }
    return all
  }
}
