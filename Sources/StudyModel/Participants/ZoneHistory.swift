import FlowCore

/// The zones a participant has lived in, as far as known: a provider reports only the current zone.
package struct ZoneHistory: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    /// IANA name.
    package var zone: String
    /// Start of validity; nil for the first entry.
    package var since: Instant?
    package init(zone: String, since: Instant?) {
      self.zone = zone
      self.since = since
    }
  }

  /// Ordered by time; only the first entry has no `since`.
  package private(set) var entries: [Entry] = []

  package init() {}

  package init(first zone: String) { entries = [Entry(zone: zone, since: nil)] }

  /// Adds the current zone. It is valid from `since`, the last time the previous zone was confirmed; nil if nothing is
  /// known of the past.
  package mutating func note(_ zone: String, since: Instant?) {
    guard entries.last?.zone != zone else { return }
    guard let since, !entries.isEmpty else {
      entries = [Entry(zone: zone, since: nil)]
      return
    }
    // Entries that were assumed to begin at or after `since` are contradicted by this observation.
    while let start = entries.last?.since, start >= since { entries.removeLast() }
    if entries.last?.zone != zone { entries.append(Entry(zone: zone, since: since)) }
  }

  /// Zones and the instants between them, separated by spaces: `America/Chicago 2026-03-09T05:00:00Z Europe/Berlin`.
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
