import FlowCore
import StudyModel

/// The tracker's syncs recorded in a participant file, which `coverage` reads without any request.
package struct SyncRecord: Sendable, Equatable {
  /// The tracker's status if no later sync was found.
  package enum Tracker: String, Sendable, CaseIterable {
    /// No tracker is paired.
    case none
    case neverSynced = "never_synced"
    /// The tracker reported an earlier sync than the latest known one.
    case syncedEarlier = "synced_earlier"
  }

  /// Two consecutive syncs that are further apart than a tracker keeps minutes.
  package struct LateSync: Sendable, Equatable {
    package var before: Instant
    package var after: Instant
  }

  /// The latest sync ever found; nil if there was none.
  package var latest: Instant?
  /// nil if the tracker syncs normally or has not been queried yet.
  package var tracker: Tracker?
  /// Ordered by time.
  package var lateSyncs: [LateSync] = []
  /// A zone first seen at a sync is valid from the previous sync.
  package var zones = ZoneHistory()

  package init() {}

  /// Most trackers keep minutes for 7 days (Way to Health, wiki) and daily totals for 30.
  package static let minutesKept: Duration = .seconds(7 * 86_400)

  package mutating func note(_ status: SyncStatus) {
    switch status {
    case .noTracker(let zone):
      zones.note(zone, since: latest)
      tracker = Tracker.none
    case .neverSynced(let zone):
      zones.note(zone, since: latest)
      tracker = .neverSynced
    case .synced(let found, _, let zone):
      zones.note(zone, since: latest)
      if let latest, found < latest {
        tracker = .syncedEarlier
        return
      }
      if let latest, found - latest > Self.minutesKept { lateSyncs.append(LateSync(before: latest, after: found)) }
      latest = found
      tracker = nil
    }
  }
}

// MARK: - In the participant file

extension SyncRecord {
  /// Malformed members are ignored, because no run depends on them.
  init(_ document: JSONTree) {
    latest = document["latest_sync"]?.text.flatMap { Instant(rfc3339: $0) }
    tracker = document["tracker"]?.text.flatMap(Tracker.init)
    lateSyncs = (document["late_syncs"]?.elements ?? []).compactMap { pair in
      guard let before = pair["before"]?.text.flatMap({ Instant(rfc3339: $0) }),
        let after = pair["after"]?.text.flatMap({ Instant(rfc3339: $0) })
      else { return nil }
      return LateSync(before: before, after: after)
    }
    zones = Self.zones(document)
  }

  /// The recorded history, otherwise the zone that the file names.
  private static func zones(_ document: JSONTree) -> ZoneHistory {
    guard let first = document["zone"]?.text else { return ZoneHistory() }
    let entries = document["zones"]?.elements ?? []
    guard let earliest = entries.first?["zone"]?.text else { return ZoneHistory(first: first) }
    return entries.dropFirst().reduce(into: ZoneHistory(first: earliest)) { history, entry in
      guard let zone = entry["zone"]?.text, let since = entry["since"]?.text.flatMap({ Instant(rfc3339: $0) }) else { return }
      history.note(zone, since: since)
    }
  }

  /// Sets the members `latest_sync`, `tracker`, `late_syncs` and, after a change of zone, `zones` of a participant
  /// file's document; removes those without a value.
  func write(to document: inout JSONTree) {
    document["zones"] =
      zones.entries.count < 2
      ? nil
      : .list(
        zones.entries.map { entry in
          .object(
            [JSONTree.Member("zone", .string(entry.zone))] + (entry.since.map { [JSONTree.Member("since", .string($0.text))] } ?? []))
        })
    document["latest_sync"] = latest.map { .string($0.text) }
    document["tracker"] = tracker.map { .string($0.rawValue) }
    document["late_syncs"] =
      lateSyncs.isEmpty
      ? nil
      : .list(
        lateSyncs.map {
          .object([JSONTree.Member("before", .string($0.before.text)), JSONTree.Member("after", .string($0.after.text))])
        })
  }
}
