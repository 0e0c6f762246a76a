import FlowCore

/// Attributes shared by the processors of a study.
extension AttributeName {
  package static let participant = "participant"
  /// IANA zone of the participant.
  package static let zone = "participant.zone"
  /// `ZoneHistory.text`, for a participant who has moved between zones.
  package static let zones = "participant.zones"
  package static let enrolled = "enrolled"
  package static let previousSync = "previous_sync"
  package static let latestSync = "latest_sync"
  /// The oldest sync of the trackers worn recently, RFC 3339, if there are several: data after it may still change,
  /// although the latest sync is later. Absent if everything up to the latest sync is settled.
  package static let settledSync = "sync.settled"
  /// RFC 3339, UTC; half-open.
  package static let sliceStart = "slice.start"
  package static let sliceEnd = "slice.end"
  /// IANA name of the zone of the slice's dates and times.
  package static let sliceZone = "slice.zone"
  /// The civil date on which the slice begins, in the slice's zone.
  package static let sliceDate = "slice.date"
  /// Start and last minute (end − 1 min) as civil date and `HH:mm`, in the slice's zone.
  package static let sliceStartTime = "slice.start_time"
  package static let sliceLastDate = "slice.last_date"
  package static let sliceLastTime = "slice.last_time"
  /// The civil date after the slice's last minute.
  package static let sliceEndDate = "slice.end_date"
  /// `true` if the answer cannot be final yet; the ledger then records `provisional`.
  package static let sliceProvisional = "slice.provisional"
  /// The slices of a FlowFile that covers several, as `SlicePart.text(of:)` writes them; absent for a single slice.
  package static let sliceParts = "slice.parts"
  /// How many of its rows belong to each of the slices, separated by commas.
  package static let sliceRows = "slice.rows"
  /// The interval that the content answers, if it answers more than the slice: the other slices have gone on without it.
  package static let sliceAnswer = "slice.answer"
  /// `true` if the provider reports that it is still processing the data: the answer does not replace an earlier one as
  /// a whole.
  package static let sliceUnfinished = "slice.unfinished"
  /// Scopes the consent lacked when the response was fetched, separated by commas; recorded in the ledger.
  package static let sliceLacking = "slice.lacking"
  /// Members absent from the content because the consent does not cover them, separated by commas: the columns they
  /// feed keep their values.
  package static let absentParts = "invokeendpoint.absent_parts"
  /// When the answer was fetched, RFC 3339 with milliseconds.
  package static let fetchedAt = "fetched_at"
  /// SHA-256 (hex) of the response body.
  package static let sha256 = "sha256"
  /// The object of the raw storage that holds the response.
  package static let rawObject = "raw.object"
  /// Where the rows are as Parquet objects; of several slices, a line each.
  package static let parquetObject = "parquet.object"
  /// How many rows these objects have.
  package static let parquetRows = "parquet.rows"
  /// The run and the FlowFile that fetched the response, where another run makes its rows.
  package static let rawRun = "raw.run"
  package static let rawFlowFile = "raw.flowfile"
}
