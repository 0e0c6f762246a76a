import FlowCore
import FlowEngine

/// Says in words what a processor waits for.
struct WaitWords: Sendable {
  let snapshot: FlowSnapshot
  /// The wall clock and the monotonic clock at the same moment.
  let now: Instant
  let monotonic: Duration

  /// nil while any of its triggers works, and if it has nothing to do.
  func words(forProcessor index: Int) -> String? {
    guard snapshot.running[index] == 0 else { return outside(index) }
    let name = snapshot.processors[index].name
    let incoming = snapshot.queues.filter { $0.destination == name }
    if incoming.contains(where: { $0.availableCount > 0 }) || !snapshot.exhausted[index] {
      if let full = snapshot.queues.first(where: { $0.source == name && $0.destination != name && $0.isFull }) {
        return "back pressure from \(full.destination)"
      }
      if let end = snapshot.yields[index], end - monotonic >= .seconds(1) { return words("yield", until: end) }
    }
    guard let penalty = incoming.compactMap(\.penalty).min(by: { $0.firstEnd < $1.firstEnd }), penalty.firstEnd > monotonic else { return nil }
    return words(penalty.reason ?? "penalty", until: penalty.firstEnd)
  }

  /// `network`, if all its triggers wait for something outside of the engine.
  private func outside(_ index: Int) -> String? {
    let waits = snapshot.outside[index]
    // The parts of a snapshot are read one after the other.
    guard waits.values.reduce(0, +) >= snapshot.running[index] else { return nil }
    return waits.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key).joined(separator: ", ")
  }

  /// `rate limit until 12:40 UTC`, `retry in 8 s`.
  private func words(_ reason: String, until end: Duration) -> String {
    let isRetry = reason == "retry"
    let left = max((end - monotonic).wholeMilliseconds, 0)
    guard left >= 60_000 else { return "\(reason) \(isRetry ? "in" : "for") \(max(1, (left + 999) / 1000)) s" }
    // A time that is not over before the wait is.
    let time = Instant(milliseconds: (now + (end - monotonic)).milliseconds + 59_999).text.dropFirst(11).prefix(5)
    return "\(reason) \(isRetry ? "at" : "until") \(time) UTC"
  }
}
