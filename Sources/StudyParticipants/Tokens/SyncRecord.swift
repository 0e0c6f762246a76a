import FlowCore
import StudyModel

/// What a participant file remembers of the tracker's syncs, so that `coverage` can tell without asking anybody.
package struct SyncRecord: Sendable, Equatable {
  /// What was found instead of a sync later than the known one.
  package enum Tracker: String, Sendable, CaseIterable {
    /// None is paired.
    case none
    case neverSynced = "never_synced"
    /// It synced earlier than the latest sync that is known.
    case syncedEarlier = "synced_earlier"
  }

  /// Two syncs, as runs found them, that lie further apart than a tracker keeps minutes.
  package struct LateSync: Sendable, Equatable {
    package var before: Instant
    package var after: Instant
  }

  /// The latest sync ever found; nil: none was.
  package var latest: Instant?
  /// nil: the tracker synced as it should, or nobody has asked yet.
  package var tracker: Tracker?
  /// In the order of time.
  package var lateSyncs: [LateSync] = []
  /// A zone that is new at a sync holds from the sync before it.
  package var zones = ZoneHistory()

  package init() {}

  /// Minutes stay on most trackers for 7 days (Way to Health, wiki); daily totals for 30.
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
  /// What cannot be read is left out: it says nothing that a run depends on.
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

  /// The history where there is one, else the zone that the file names.
  private static func zones(_ document: JSONTree) -> ZoneHistory {
    guard let first = document["zone"]?.text else { return ZoneHistory() }
    let entries = document["zones"]?.elements ?? []
    guard let earliest = entries.first?["zone"]?.text else { return ZoneHistory(first: first) }
    return entries.dropFirst().reduce(into: ZoneHistory(first: earliest)) { history, entry in
      guard let zone = entry["zone"]?.text, let since = entry["since"]?.text.flatMap({ Instant(rfc3339: $0) }) else { return }
      history.note(zone, since: since)
    }
  }

  /// Puts the members `latest_sync`, `tracker`, `late_syncs` and, after a change of zone, `zones` into a participant file's document; those without a value go.
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
