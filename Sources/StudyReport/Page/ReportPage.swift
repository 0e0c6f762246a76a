import FlowCore
import FlowDrawing
import FlowRuntime
import Mustache
import StudyModel
import StudyProcessors

/// The report: one HTML page with its style and drawings, without script, and without anything from elsewhere.
package struct ReportPage: Sendable {
  package let figures: StudyFigures

  package init(_ figures: StudyFigures) { self.figures = figures }

  /// The page, UTF-8. Throws if the template is not well-formed.
  package func html() throws -> String { try PageTemplate.make(PackageResources.report_mustache).render(view) }

  private var view: ReportView {
    ReportView(
      title: "Study report: \(figures.flow)", css: ReportStyle.css, verdict: figures.verdict, period: period, facts: facts, isSimulated: figures.isSimulated,
      tiles: tiles, troubles: troubles, hasTroubles: !figures.troubles.isEmpty, troubleCount: figures.troubleCount, heatMaps: heatMaps,
      hasHeatMap: figures.days != nil, legend: legend, valid: ValidDaysView(figures), missing: missing, hasMissing: !figures.missing.isEmpty,
      totals: totals, delays: delays, hasDelays: !figures.delays.isEmpty, revisions: revisions, hasRevisions: !figures.revisions.isEmpty,
      vanished: vanished, hasVanished: !figures.vanished.isEmpty, runs: runs, hasRuns: !figures.runs.isEmpty,
      noRuns: figures.from == nil && figures.before == nil ? "No runs yet." : "No run of this flow began in the period.",
      runsNote: figures.hasMoreRuns ? "The newest \(figures.runs.count) runs of the period; `flowrun runs` lists all." : "",
      validMinutes: "\(figures.validMinutes)", hasHeartRate: figures.hasHeartRate)
  }

  /// `2026-01-05 to 2026-03-10`, both included.
  private var period: String {
    let first = figures.from ?? figures.days.map { CivilDate(daysSince1970: $0.lowerBound) }
    let last = figures.before.map { $0.advanced(byDays: -1) } ?? figures.days.map { CivilDate(daysSince1970: $0.upperBound - 1) }
    guard let first, let last else { return "no days yet" }
    return "\(first.text) to \(last.text)"
  }

  private var facts: [NamedText] {
    var facts = [NamedText(name: "Made", text: "\(ReportWords.time(figures.madeAt)) UTC"), NamedText(name: "Days", text: period)]
    facts.append(NamedText(name: "Counted up to", text: "\(ReportWords.time(figures.until)) UTC"))
    facts += figures.databases.map { NamedText(name: "Database", text: $0) }
    return facts
  }

  private var tiles: [NamedText] {
    [NamedText(name: figures.participants.count == 1 ? "participant" : "participants", text: ReportWords.grouped(figures.participants.count))]
      + figures.standings.map { NamedText(name: $0.standing.words($0.count), text: ReportWords.grouped($0.count)) }
  }

  // MARK: Who needs a person

  private var troubles: [ReportView.Trouble] {
    figures.troubles.map { trouble in
      ReportView.Trouble(
        participant: trouble.participant, title: trouble.title, why: trouble.why, next: trouble.next,
        since: trouble.since.map { ReportWords.time($0) } ?? "unknown", days: trouble.days.map { "\($0)" } ?? "–")
    }
  }

  // MARK: Heat map

  private var heatMaps: [ReportView.Drawing] { StudyHeatMap.drawings(figures).map { ReportView.Drawing(title: $0.title, svg: $0.svg.text) } }

  private var legend: [ReportView.Drawing] {
    StudyHeatMap.states(figures).map { ReportView.Drawing(title: $0.label, svg: HeatMap.swatch($0).text) }
  }

  // MARK: Missing time

  private var missing: [ReportView.Missing] {
    figures.missing.map { time in
      ReportView.Missing(
        state: time.state.words, cause: time.cause?.rawValue ?? "", dataType: time.dataType, value: "\(time.count)",
        amount: ReportWords.amount(time.count, time.unit), participants: ReportWords.grouped(time.participants), meaning: ReportWords.meaning(time))
    }
  }

  private var totals: [ReportView.Total] {
    figures.dataTypes.map { type in
      ReportView.Total(
        dataType: type.name, wanted: ReportWords.amount(type.wanted, type.unit), have: ReportWords.amount(type[.have], type.unit),
        share: ReportWords.percent(Int(type[.have]), of: Int(type.wanted)))
    }
  }

  // MARK: Delay, revisions, runs

  private var delays: [ReportView.Delay] {
    figures.delays.map { delay in
      ReportView.Delay(
        dataType: delay.dataType, median: ReportWords.duration(delay.median), most: ReportWords.duration(delay.most), rows: ReportWords.grouped(delay.rows),
        early: ReportWords.grouped(delay.early))
    }
  }

  private var revisions: [ReportView.Revision] {
    figures.revisions.map { table in
      ReportView.Revision(
        table: table.table, updated: ReportWords.grouped(table.updated), inserted: ReportWords.grouped(table.inserted),
        unchanged: ReportWords.grouped(table.unchanged))
    }
  }

  private var vanished: [ReportView.Vanished] {
    figures.vanished.map { rows in
      ReportView.Vanished(
        dataType: rows.dataType, rows: ReportWords.grouped(rows.rows), slices: ReportWords.grouped(rows.slices),
        participants: ReportWords.grouped(rows.participants))
    }
  }

  private var runs: [ReportView.Run] {
    figures.runs.map { run in
      func count(_ read: (RunReport.Participants) -> Int) -> String { run.participants.map { ReportWords.grouped(read($0)) } ?? "–" }
      let hasReport = run.participants != nil
      return ReportView.Run(
        run: run.summary.run, started: Self.minutes(run.summary.started), lasted: Self.lasted(run.summary), status: run.summary.status.rawValue,
        exit: run.summary.exit.map { "\($0)" } ?? "–", complete: count(\.complete), deferred: count(\.deferred),
        needsPerson: count { $0.needsConsent + $0.failed }, skipped: count(\.skipped), inserted: hasReport ? ReportWords.grouped(run.inserted) : "–",
        updated: hasReport ? ReportWords.grouped(run.updated) : "–", errors: hasReport ? ReportWords.grouped(run.errors) : "–", stopped: run.stopped)
    }
  }

  private static func minutes(_ text: String) -> String { Instant(rfc3339: text).map(ReportWords.time) ?? text }

  private static func lasted(_ run: RunSummary) -> String {
    guard let from = Instant(rfc3339: run.started), let to = run.finished.flatMap({ Instant(rfc3339: $0) }) else { return "–" }
    return ReportWords.duration(max(to.seconds - from.seconds, 0))
  }
}

/// Valid days by participant and by study week.
struct ValidDaysView: Sendable {
  struct Participant: Sendable {
    var participant: String
    var valid: String
    var possible: String
    var share: String
    /// Valid days of each study week: `7 6 5`.
    var weeks: String
    var standing: String
    var invitation: String
    var latestSync: String
  }
  struct Week: Sendable {
    var number: String
    var participants: String
    var valid: String
    var possible: String
    var share: String
  }

  var participants: [Participant]
  var hasParticipants: Bool
  /// Whether anybody was invited.
  var hasInvitations: Bool
  var weeks: [Week]
  var hasWeeks: Bool
  /// `1 203 valid days of 1 500: 80 %`.
  var total: String
  /// Valid days of each week, as bars.
  var chart: String

  init(_ figures: StudyFigures) {
    participants = figures.participants.map { one in
      Participant(
        participant: one.participant, valid: "\(one.validDays)", possible: "\(one.possibleDays)",
        share: ReportWords.percent(one.validDays, of: one.possibleDays),
        weeks: one.weeks.map { $0.possible == 0 ? "–" : "\($0.valid)" }.joined(separator: " "),
        standing: one.verdict.standing == .needsPerson ? one.verdict.standing.words(1) : one.verdict.finding,
        invitation: one.invitation ?? "–",
        latestSync: one.latestSync.map(ReportWords.time) ?? "never")
    }
    hasParticipants = !participants.isEmpty
    hasInvitations = figures.participants.contains { $0.invitation != nil }
    let weeks = figures.weeks
    self.weeks = weeks.map { week in
      Week(
        number: "\(week.number)", participants: ReportWords.grouped(week.participants), valid: ReportWords.grouped(week.valid),
        possible: ReportWords.grouped(week.possible), share: ReportWords.percent(week.valid, of: week.possible))
    }
    hasWeeks = !weeks.isEmpty
    let valid = weeks.reduce(0) { $0 + $1.valid }, possible = weeks.reduce(0) { $0 + $1.possible }
    total = "\(ReportWords.grouped(valid)) valid days of \(ReportWords.grouped(possible)): \(ReportWords.percent(valid, of: possible))"
    chart =
      BarChart(
        title: "Valid days by study week", unit: "% of days valid", categories: weeks.map { "\($0.number)" },
        series: [.init(name: "valid", values: weeks.map { $0.possible == 0 ? nil : Double($0.valid * 1000 / $0.possible) / 10 })], width: 960, height: 180
      ).svg.text
  }
}
