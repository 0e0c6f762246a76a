import FlowCore
import FlowRuntime
import StudyParticipants

/// The output of changes to participants.
enum ParticipantPage {
  // MARK: pause, resume

  static func show(
    _ outcomes: ParticipantOutcomes<CollectionChange.Change>, _ format: FormatOption.Format, _ terminal: Terminal
  ) throws {
    for participant in outcomes.heldByAnotherRun { terminal.complain(held(participant)) }
    guard format == .text else { return terminal.print(try JSONOutput.text(outcomes.done)) }
    for change in outcomes.done {
      terminal.print("\(change.participant): \(change.state)\(change.before == change.state ? ", as before" : ", was \(change.before)")")
    }
  }

  private static func held(_ participant: String) -> String {
    "held by another run, left unchanged: \(participant); repeat the command when that run has ended"
  }

  // MARK: import

  static func show(_ report: EnrolmentImport.Report, isSimulated: Bool, _ format: FormatOption.Format, _ terminal: Terminal) throws {
    for left in report.left { terminal.complain("\(words(left.reason)), left unchanged: \(left.participant)") }
    guard format == .text else { return terminal.print(try JSONOutput.text(report)) }
    var parts = ["\(report.created) enrolled"]
    if report.needsConsent > 0 { parts[0] += " (\(report.needsConsent) without a refresh token: they need consent)" }
    if report.updated > 0 { parts.append("\(report.updated) updated") }
    if report.unchanged > 0 { parts.append("\(report.unchanged) unchanged") }
    if !report.left.isEmpty { parts.append("\(report.left.count) left: import again later") }
    terminal.print("\(report.folder): \(parts.joined(separator: ", "))")
    if isSimulated { terminal.note("they are simulated participants: with -p api=… a flow collects real ones") }
  }

  static func show(_ problems: [Diagnostic], _ terminal: Terminal) {
    for problem in problems { terminal.complain(problem.description) }
    terminal.note("\(problems.count) \(problems.count == 1 ? "problem" : "problems"); nothing was written")
  }

  private static func words(_ reason: EnrolmentImport.Report.Reason) -> String {
    switch reason {
    case .heldByAnotherRun: "held by another run"
    case .appearedMeanwhile: "appeared meanwhile"
    }
  }

  // MARK: withdraw

  static func show(_ notice: Withdrawal.Notice, isText: Bool, _ terminal: Terminal) {
    switch notice {
    case .withdrawn(let report): if isText { terminal.print(words(report)) }
    case .heldByAnotherRun(let participant): terminal.complain(held(participant))
    case .unreadable(let entry, let participant): terminal.complain("warning: \(entry); check whether it belongs to \(participant)")
    case .copiesRemain(let participant, let places):
      terminal.complain(
        "warning: copies of \(participant)'s rows may remain in \(places.joined(separator: " and ")); expected them to go too: remove the objects \(participant).parquet, and the "
          + "rows with participant '\(participant)'")
    case .removedDamagedCopy(let participant): terminal.note("removed the copy of \(participant)'s damaged file")
    }
  }

  private static func words(_ report: Withdrawal.Report) -> String {
    guard let rows = report.rows else { return "\(report.participant): withdrawn, data kept" }
    let tables = rows.sorted { $0.key < $1.key }.map { "\($0.value) rows of \($0.key)" }
    let parts =
      tables + ["\(report.slices ?? 0) slices of the ledger", "\(report.errors ?? 0) error entries"]
      + (report.objects.map { ["\($0) raw objects"] } ?? [])
    return "\(report.participant): withdrawn, erased: \(parts.joined(separator: ", "))"
  }
}
