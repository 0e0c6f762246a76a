import FlowCore

package enum SliceState: String, Sendable {
  case written, provisional, deferred, failed

  /// An answer has been written.
  package var isAnswered: Bool { self == .written || self == .provisional }
}

package struct SliceKey: Hashable, Sendable {
  package var participant: String
  package var dataType: String
  /// Seconds since 1970; half-open `[start, end)`.
  package var start: Int64
  package var end: Int64

  package init(participant: String, dataType: String, start: Int64, end: Int64) {
    self.participant = participant
    self.dataType = dataType
    self.start = start
    self.end = end
  }

  package var window: Range<Int64> { start..<end }
}

/// A row of the ledger (table `slice`).
package struct LedgerSlice: Hashable, Sendable {
  package var key: SliceKey
  package var state: SliceState
  /// Number of rows the table has for this slice.
  package var rows: Int = 0
  /// When the answer was fetched; nil if there was none.
  package var fetchedAt: Instant?
  package var run: String
  package var flowFile: String?
  /// SHA-256 (hex) of the response's bytes.
  package var sha256: String?
  /// The object of the raw storage that holds the response; nil if responses were not kept.
  package var object: String?
  /// Rows of an earlier answer that the latest one lacks; they remain in the table.
  package var missing: Int = 0
  /// The participant's latest sync at the time of the request, seconds since 1970.
  package var latestSync: Int64?
  /// The reason for `deferred` or `failed`.
  package var cause: Cause?
  package var provider: String?
  package var flowSHA256: String?
  /// IANA name of the zone in which the slice was cut; a day keeps its date if the participant moves.
  package var zone: String?
  /// Scopes the consent lacked at the time of the request; the columns they feed are not in its rows.
  package var lackingScopes: [String] = []

  package init(key: SliceKey, state: SliceState, run: String) {
    self.key = key
    self.state = state
    self.run = run
  }

  package var window: Range<Int64> { key.window }
}

/// A participant's ledger as planning needs it.
package struct LedgerOutline: Sendable, Equatable {
  /// Ordered by data type and start. Neighbouring settled slices are merged into one `written` row that has only its key.
  package var rows: [LedgerSlice] = []
  /// The latest sync with which a slice was requested, ignoring those later than `latest` of `RecordStore.outline`.
  package var latestSync: Int64?

  package init(rows: [LedgerSlice] = [], latestSync: Int64? = nil) {
    self.rows = rows
    self.latestSync = latestSync
  }
}

/// How far a participant has been collected.
package struct LedgerProgress: Sendable, Equatable {
  /// By data type known to the ledger: the instant up to which every slice from the start has been answered; the start
  /// itself if none has.
  package var reached: [String: Int64] = [:]
  /// Slices without an answer (`deferred` or `failed`), anywhere in the ledger.
  package var unanswered: [LedgerSlice] = []

  package init(reached: [String: Int64] = [:], unanswered: [LedgerSlice] = []) {
    self.reached = reached
    self.unanswered = unanswered
  }
}
