import FlowCore
import FlowRuntime
import StudyModel
import StudyProcessors

/// The text output of coverage: verdict, one line per participant and data type, one line per gap.
struct CoverageTable {
  let report: CoverageReport
  /// The part of the report to show.
  let content: Content
  /// Whether times are shown in the participants' zones.
  let isLocal: Bool

  enum Content { case everything, summary, problems }

  /// Shorter periods without wear get no line of their own (charging, showering).
  private static let shortestNotWorn: Int64 = 60

  func lines(_ terminal: Terminal) -> [String] {
    var lines = [terminal.styled(report.verdict, .bold)]
    switch content {
    case .everything: lines += [""] + shares(withParticipants: true).fitted(to: terminal.width, cutting: [1, 0]).lines(terminal)
    case .summary:
      lines += [""] + standings.shorteningTimes(to: terminal.width).fitted(to: terminal.width, cutting: [(3, 30), (2, 30), (0, 8), (3, 16), (2, 16)], wrapsLast: true).lines(terminal)
      let shares = shares(withParticipants: false)
      if !shares.isEmpty { lines += [""] + shares.fitted(to: terminal.width, cutting: [1, 0]).lines(terminal) }
      return lines
    case .problems:
      lines += report.emptyColumns.map { "column \($0) is empty in every row: is its path in the flow right?" }
    }
    for participant in report.participants {
      if let problem = participant.problem { lines.append("\(participant.participant): \(problem)") }
    }
    return lines + gapLines(terminal)
  }

  private var standings: TextTable {
    var table = TextTable([("participant", .left), ("latest sync", .left), ("coverage", .left), ("what to do", .left)])
    for participant in report.participants {
      table.add([participant.participant, participant.latestSync ?? "-", participant.verdict.finding, participant.verdict.next])
    }
    return table
  }

  // MARK: Shares

  /// Columns only for states that occur.
  private func shares(withParticipants: Bool) -> TextTable {
    let states = CoverageState.allCases.filter { state in state == .have || report.totals.contains { $0.counts[state] > 0 } }
    var table = TextTable(
      [("participant", .left), ("data type", .left), ("wanted", .right), ("", .left)] + states.map { ($0.words, .right) })
    func add(_ participant: String, _ dataType: String, _ counts: CoverageReport.Counts) {
      table.add(
        [participant, dataType, String(counts.wanted), counts.unit == "day" ? "days" : "min"]
          + states.map { state in share(counts[state], of: state == .notSynced ? 0 : counts.wanted) })
    }
    for participant in report.participants where withParticipants {
      for dataType in participant.dataTypes { add(participant.participant, dataType.dataType, dataType.counts) }
    }
    if report.participants.count > 1 || !withParticipants {
      for total in report.totals { add("all \(report.participants.count)", total.dataType, total.counts) }
    }
    return table
  }

  /// `1382 96.0%`. Time that is not synced has no share. Only exact totals are shown as 100% or 0%, whatever the
  /// rounding.
  private func share(_ count: Int64, of wanted: Int64) -> String {
    guard count > 0 else { return "-" }
    guard wanted > 0 else { return String(count) }
    let tenths = count == wanted ? 1000 : min(999, max(1, (count * 1000 + wanted / 2) / wanted))
    return "\(count) \(tenths / 10).\(tenths % 10)%"
  }

  // MARK: Gaps

  /// Reasons are listed once below the table, because they are long and shared by many gaps.
  private func gapLines(_ terminal: Terminal) -> [String] {
    // The verdict already names a single participant.
    let isOfOne = report.participants.count == 1
    var columns: [(String, TextTable.Alignment)] = isOfOne ? [] : [("participant", .left)]
    columns += [("data type", .left), ("from", .left), ("until", .left), ("state", .left), ("", .right), ("", .left)]
    var table = TextTable(columns)
    var reasons: [String] = []
    var hidden = 0
    for participant in report.participants {
      for dataType in participant.dataTypes {
        for gap in dataType.gaps ?? [] {
          if gap.state == CoverageState.notWorn.rawValue, dataType.counts.unit == "minute", gap.count < Self.shortestNotWorn {
            hidden += 1
            continue
          }
          let reason = "\(gap.why); what to do: \(gap.next)"
          let number = reasons.firstIndex(of: reason) ?? reasons.endIndex
          if number == reasons.endIndex { reasons.append(reason) }
          let unit = dataType.counts.unit == "day" ? (gap.count == 1 ? "day" : "days") : "min"
          var cells: [String] = isOfOne ? [] : [participant.participant]
          cells += [dataType.dataType, Self.short(isLocal ? gap.fromLocal : gap.from), Self.short(isLocal ? gap.untilLocal : gap.until)]
          cells += [gap.state.split(separator: "_").joined(separator: " "), "\(gap.count) \(unit)", "[\(number + 1)]"]
          table.add(cells)
        }
      }
    }
    var lines = table.isEmpty ? [] : [""] + table.fitted(to: terminal.width, cutting: isOfOne ? [0] : [1, 0]).lines(terminal) + [""]
    lines += reasons.enumerated().map { "[\($0 + 1)] \($1)" }
    if hidden > 0 {
      lines += ["", "not shown: \(hidden) \(hidden == 1 ? "gap" : "gaps") of less than \(Self.shortestNotWorn) minutes not worn; --format json has them"]
    }
    return lines
  }

  /// `2026-03-08T08:00Z`: omits the seconds if they are zero, as they almost always are.
  private static func short(_ time: String) -> String {
    let seconds = time.index(time.startIndex, offsetBy: 16, limitedBy: time.endIndex) ?? time.endIndex
    return time[seconds...].hasPrefix(":00") ? String(time[..<seconds]) + String(time[seconds...].dropFirst(3)) : time
  }

}
