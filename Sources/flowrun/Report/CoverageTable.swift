import FlowProcessors

/// Coverage for people: a line for each participant and data type, a line for each gap.
enum CoverageTable {
  /// Not wearing a tracker for less than this is no line of its own: a charge, a shower.
  private static let shortestNotWorn: Int64 = 60

  static func lines(_ report: CoverageReport, _ terminal: Terminal) -> [String] {
    var lines = shares(report).lines(terminal)
    for participant in report.participants {
      if let problem = participant.problem { lines.append("\(participant.participant): \(problem)") }
    }
    let (gaps, hidden) = gaps(report)
    if !gaps.isEmpty { lines += [""] + gaps.lines(terminal) }
    if hidden > 0 {
      lines += ["", "not shown: \(hidden) \(hidden == 1 ? "gap" : "gaps") of less than \(shortestNotWorn) minutes not worn; --format json has them"]
    }
    return lines
  }

  private static func shares(_ report: CoverageReport) -> TextTable {
    var table = TextTable(
      [("participant", .left), ("data type", .left), ("wanted", .right), ("", .left)]
        + CoverageState.allCases.map { (words($0), .right) })
    func add(_ participant: String, _ dataType: String, _ counts: CoverageReport.Counts) {
      table.add(
        [participant, dataType, String(counts.wanted), counts.unit == "day" ? "days" : "min"]
          + CoverageState.allCases.map { state in share(counts[state], of: state == .notSynced ? 0 : counts.wanted) })
    }
    for participant in report.participants {
      for dataType in participant.dataTypes { add(participant.participant, dataType.dataType, dataType.counts) }
    }
    if report.participants.count > 1 {
      for total in report.totals { add("all \(report.participants.count)", total.dataType, total.counts) }
    }
    return table
  }

  /// `1382 96.0%`; what is not synced has no share of what is wanted. Only what is all of it says 100, only what is nothing says 0.
  private static func share(_ count: Int64, of wanted: Int64) -> String {
    guard count > 0 else { return "-" }
    guard wanted > 0 else { return String(count) }
    let tenths = count == wanted ? 1000 : min(999, max(1, (count * 1000 + wanted / 2) / wanted))
    return "\(count) \(tenths / 10).\(tenths % 10)%"
  }

  private static func gaps(_ report: CoverageReport) -> (TextTable, hidden: Int) {
    var table = TextTable([
      ("participant", .left), ("data type", .left), ("from", .left), ("until", .left), ("state", .left), ("", .right), ("why", .left),
      ("what to do", .left),
    ])
    var hidden = 0
    for participant in report.participants {
      for dataType in participant.dataTypes {
        for gap in dataType.gaps {
          if gap.state == CoverageState.notWorn.rawValue, dataType.counts.unit == "minute", gap.count < shortestNotWorn {
            hidden += 1
            continue
          }
          table.add([
            participant.participant, dataType.dataType, gap.from, gap.until, gap.state.split(separator: "_").joined(separator: " "),
            "\(gap.count) \(dataType.counts.unit == "day" ? (gap.count == 1 ? "day" : "days") : "min")", gap.why, gap.next,
          ])
        }
      }
    }
    return (table, hidden)
  }

  private static func words(_ state: CoverageState) -> String { state.rawValue.split(separator: "_").joined(separator: " ") }
}
