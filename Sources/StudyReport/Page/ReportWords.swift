import FlowCore
import FlowRuntime
import StudyModel
import StudyParticipants
import StudyProcessors

/// Numbers, times and states as the report says them.
enum ReportWords {
  /// `1 443`, as `flowrun coverage`.
  static func grouped(_ count: some BinaryInteger) -> String { CoverageVerdict.grouped(Int64(count)) }

  /// `1 443 min`, `1 day`.
  static func amount(_ count: Int64, _ unit: CoverageUnit) -> String {
    "\(grouped(count)) \(unit == .minute ? "min" : count == 1 ? "day" : "days")"
  }

  /// `4 days 3 h`, `3 h 5 min`, `12 min`.
  static func duration(_ seconds: Int64) -> String {
    let minutes = seconds / 60, hours = minutes / 60, days = hours / 24
    if days > 0 { return "\(grouped(days)) \(days == 1 ? "day" : "days")" + (hours % 24 == 0 ? "" : " \(hours % 24) h") }
    if hours > 0 { return "\(hours) h" + (minutes % 60 == 0 ? "" : " \(minutes % 60) min") }
    return minutes == 0 ? "under 1 min" : "\(minutes) min"
  }

  /// `2026-03-10 14:05`, UTC.
  static func time(_ instant: Instant) -> String {
    let text = instant.text
    return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
  }

  /// `74 %`; a dash if there is nothing to share.
  static func percent(_ part: Int, of whole: Int) -> String { whole == 0 ? "–" : "\((part * 200 + whole) / (whole * 2)) %" }

  /// `refused 2026-02-01 10:00`, `invited 2026-02-01 10:00, until 2026-02-15 10:00`, `consented 2026-02-01 10:00, without sleep`.
  static func invitation(_ status: InvitationStatus) -> String {
    let words = status.state.words + (status.since.map { " " + time($0) } ?? "")
    guard [.invited, .opened, .wrongAccount].contains(status.state) else {
      return status.lacking.isEmpty ? words : words + ", without " + status.lacking.joined(separator: ", ")
    }
    return words + (status.expires.map { ", until " + time($0) } ?? "")
  }

  static func plural(_ count: Int, _ one: String, _ many: String) -> String { "\(grouped(count)) \(count == 1 ? one : many)" }

  /// What a state means for missing time.
  static func meaning(_ time: MissingTime) -> String {
    switch time.state {
    case .have: ""
    case .notWorn: "the provider answered, and has nothing"
    case .lost: "the day's total says that there was something; the provider no longer has it"
    case .failed where time.cause == .scope: "not asked: the consent does not cover it"
    case .failed: "asked, and nothing was written; the error folder says why"
    case .deferred: "left to the next run"
    case .neverAsked: "no run has asked for it"
    case .notSynced: time.cause == nil ? "after the tracker's latest sync, or no sync is known" : "the cause stands before any request: no sync is known"
    }
  }
}

extension StudyFigures {
  /// How many participants `troubles` lists, and of which kinds:
  /// `2 participants of 12 need a person: 2 needs consent. 3 more have to be reminded: 3 not synced.`
  package var troubleCount: String {
    guard !troubles.isEmpty else { return "Nobody." }
    func kinds(_ troubles: [StudyTrouble]) -> String {
      StudyTrouble.Kind.allCases.compactMap { kind -> String? in
        let count = troubles.count { $0.kind == kind }
        return count == 0 ? nil : "\(ReportWords.grouped(count)) \(StudyTrouble.title(kind))"
      }.joined(separator: ", ")
    }
    let standing = troubles.filter(\.isStanding), others = troubles.filter { !$0.isStanding }, all = ReportWords.grouped(participants.count)
    var sentences: [String] = []
    if !standing.isEmpty {
      sentences.append("\(ReportWords.plural(standing.count, "participant", "participants")) of \(all) \(standing.count == 1 ? "needs" : "need") a person: \(kinds(standing)).")
    }
    if !others.isEmpty {
      let who = standing.isEmpty ? "\(ReportWords.plural(others.count, "participant", "participants")) of \(all)" : "\(ReportWords.grouped(others.count)) more"
      sentences.append("\(who) \(others.count == 1 ? "has" : "have") to be reminded: \(kinds(others)).")
    }
    return sentences.joined(separator: " ")
  }
}
