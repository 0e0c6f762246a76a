import FlowCore

/// The attributes that the processors of a study agree on.
extension AttributeName {
  package static let participant = "participant"
  /// IANA zone of the participant.
  package static let zone = "participant.zone"
  /// `ZoneHistory.text`, for a participant who has moved from one zone to another.
  package static let zones = "participant.zones"
  package static let enrolled = "enrolled"
  package static let previousSync = "previous_sync"
  package static let latestSync = "latest_sync"
  /// With several trackers worn lately, the oldest of their syncs, RFC 3339: what lies after it may still change, although the latest
  /// sync is later. Absent: everything up to the latest sync is settled.
  package static let settledSync = "sync.settled"
  /// RFC 3339, UTC; half-open.
  package static let sliceStart = "slice.start"
  package static let sliceEnd = "slice.end"
  /// IANA name of the zone in which the slice's dates and times are.
  package static let sliceZone = "slice.zone"
  /// The civil date on which the slice begins, in the slice's zone.
  package static let sliceDate = "slice.date"
  /// Start and last minute (end − 1 min) as civil date and `HH:mm`, in the slice's zone.
  package static let sliceStartTime = "slice.start_time"
  package static let sliceLastDate = "slice.last_date"
  package static let sliceLastTime = "slice.last_time"
  /// The civil date after the slice's last minute.
  package static let sliceEndDate = "slice.end_date"
  /// `true` if the answer cannot be final yet: the ledger will say `provisional`.
  package static let sliceProvisional = "slice.provisional"
  /// `true` if the provider says that it is still at work on the answer: it does not replace an earlier one as a whole.
  package static let sliceUnfinished = "slice.unfinished"
  /// Scopes, separated by commas, without which the answer was taken: the ledger notes them.
  package static let sliceLacking = "slice.lacking"
  /// Members, separated by commas, that the content lacks because the consent does not cover them: what they feed stays as it is.
  package static let absentParts = "invokeendpoint.absent_parts"
  /// When the answer was fetched, RFC 3339 with milliseconds.
  package static let fetchedAt = "fetched_at"
  /// SHA-256 (hex) of the response body.
  package static let sha256 = "sha256"
}
