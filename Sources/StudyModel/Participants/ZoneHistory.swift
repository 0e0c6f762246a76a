import FlowCore

/// In which zones a participant has lived, as far as it was noticed: a provider names only the zone of now.
package struct ZoneHistory: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    /// IANA name.
    package var zone: String
    /// From when on it holds; nil for the first: from ever.
    package var since: Instant?
    package init(zone: String, since: Instant?) {
      self.zone = zone
      self.since = since
    }
  }

  /// In the order of time; the first has no `since`, the others have one.
  package private(set) var entries: [Entry] = []

  package init() {}

  package init(first zone: String) { entries = [Entry(zone: zone, since: nil)] }

  /// Notes the zone of now. It holds from `since` on, the last moment of which the zone before it is known; nil: nothing is known of before.
  package mutating func note(_ zone: String, since: Instant?) {
    guard entries.last?.zone != zone else { return }
    guard let since, !entries.isEmpty else {
      entries = [Entry(zone: zone, since: nil)]
      return
    }
    // What was thought to begin then or later has turned out otherwise.
    while let start = entries.last?.since, start >= since { entries.removeLast() }
    if entries.last?.zone != zone { entries.append(Entry(zone: zone, since: since)) }
  }

  /// Zones and the instants between them, separated by blanks: `America/Chicago 2026-03-09T05:00:00Z Europe/Berlin`.
  package var text: String {
    entries.map { entry in (entry.since.map { $0.text + " " } ?? "") + entry.zone }.joined(separator: " ")
  }

  /// Reads `text`; nil for anything else.
  package init?(text: String) {
    let words = text.split(separator: " ").map(String.init)
    guard words.count % 2 == 1 else { return nil }
    self.init(first: words[0])
    for index in stride(from: 1, to: words.count, by: 2) {
      guard let since = Instant(rfc3339: words[index]), entries.last?.since.map({ $0 < since }) ?? true else { return nil }
      entries.append(Entry(zone: words[index + 1], since: since))
    }
  }
}
