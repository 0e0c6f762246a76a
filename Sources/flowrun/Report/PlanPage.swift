import FlowCore
import FlowFileSystem
import FlowRuntime

/// The output of `flowrun run --plan`.
enum PlanPage {
  /// More participants than this are in JSON only.
  private static let mostParticipants = 20

  static func lines(_ plan: RunPlan, _ terminal: Terminal) -> [String] {
    let participants = plan.participants
    let asked = "\(participants.asked) of \(count(participants.total, "participant"))"
    var lines = ["\(plan.flow): \(count(plan.requests.total, "request")) and \(count(plan.slices, "slice")) for \(asked)"]
    lines += table("endpoint", plan.requests.byEndpoint.sorted { $0.key < $1.key }, terminal)
    let most = plan.requests.byParticipant.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    lines += table("participant", Array(most.prefix(mostParticipants)), terminal)
    if most.count > mostParticipants { lines.append("  and \(most.count - mostParticipants) more with at most as many: --format json lists them") }
    lines += table("data type", plan.slicesByDataType.sorted { $0.key < $1.key }, terminal, of: "slices")
    if lines.count > 1 { lines.append("") }
    let others = [
      (participants.skipped, "skipped"), (participants.needsConsent, "need consent"), (participants.unreadable, "cannot be read"), (participants.refused, "refused"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    if participants.nothingToCollect > 0 { lines.append("nothing to collect: \(participants.nothingToCollect), unless their trackers have synced") }
    if !others.isEmpty { lines.append("not asked: \(others.joined(separator: ", "))") }
    lines += plan.refusals.map { "refused: \($0)" }
    let time = plan.limitedBy.map { "at least \(Units.text(of: .seconds(wholeMinutes(plan.seconds)))), because of \($0)" }
    lines.append("time: \(time ?? "no rate limit makes anybody wait, if nothing was asked before")")
    lines.append("disk: \(SpaceCheck.text(plan.diskBytes)) at most")
    if let more = plan.atMost { lines.append("at most: another \(count(more.requests, "request")) and \(count(more.slices, "slice"))") }
    return lines + plan.unknown.map { "not known: \($0)" }
  }

  private static func table(_ title: String, _ rows: [(key: String, value: Int)], _ terminal: Terminal, of numbers: String = "requests") -> [String] {
    guard !rows.isEmpty else { return [] }
    var table = TextTable([(title, .left), (numbers, .right)])
    for row in rows { table.add([row.key, "\(row.value)"]) }
    return [""] + table.lines(terminal)
  }

  /// Rounded down from two minutes on: nobody plans by seconds.
  private static func wholeMinutes(_ seconds: Int64) -> Int64 { seconds < 120 ? seconds : seconds / 60 * 60 }

  private static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
