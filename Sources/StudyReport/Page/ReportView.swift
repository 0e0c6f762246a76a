/// A name and what belongs to it.
struct NamedText: Sendable {
  var name: String
  var text: String
}

/// The texts of the report, as its template names them.
struct ReportView: Sendable {
  struct Trouble: Sendable {
    var participant: String
    var title: String
    var why: String
    var next: String
    var since: String
    var days: String
  }
  struct Drawing: Sendable {
    var title: String
    var svg: String
  }
  struct Missing: Sendable {
    var state: String
    var cause: String
    var dataType: String
    var value: String
    var amount: String
    var participants: String
    var meaning: String
  }
  struct Total: Sendable {
    var dataType: String
    var wanted: String
    var have: String
    var share: String
  }
  struct Delay: Sendable {
    var dataType: String
    var median: String
    var most: String
    var rows: String
    var early: String
  }
  struct Revision: Sendable {
    var table: String
    var updated: String
    var inserted: String
    var unchanged: String
  }
  struct Vanished: Sendable {
    var dataType: String
    var rows: String
    var slices: String
    var participants: String
  }
  struct Run: Sendable {
    var run: String
    var started: String
    var lasted: String
    var status: String
    var exit: String
    var complete: String
    var deferred: String
    var needsPerson: String
    var skipped: String
    var inserted: String
    var updated: String
    var errors: String
    /// Why it stopped early; nil if it did not.
    var stopped: String?
  }

  var title: String
  var css: String
  var verdict: String
  var period: String
  var facts: [NamedText]
  var isSimulated: Bool
  var tiles: [NamedText]
  var troubles: [Trouble]
  var hasTroubles: Bool
  var troubleCount: String
  var heatMaps: [Drawing]
  var hasHeatMap: Bool
  var legend: [Drawing]
  var valid: ValidDaysView
  var missing: [Missing]
  var hasMissing: Bool
  var totals: [Total]
  var delays: [Delay]
  var hasDelays: Bool
  var revisions: [Revision]
  var hasRevisions: Bool
  var vanished: [Vanished]
  var hasVanished: Bool
  var runs: [Run]
  var hasRuns: Bool
  var noRuns: String
  var runsNote: String
  var validMinutes: String
  var hasHeartRate: Bool
}
