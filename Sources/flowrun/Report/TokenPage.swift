import FlowRuntime
import StudyParticipants

/// The output of changes to the tokens of a batch.
enum TokenPage {
  static func show(_ report: TokenRetry.Report, _ format: FormatOption.Format, _ terminal: Terminal) throws {
    for problem in report.changes.compactMap(\.problem) { terminal.complain(problem) }
    guard format == .text else { return terminal.print(try JSONOutput.text(report.changes)) }
    for change in report.changes { terminal.print("\(change.participant): \(words(change.result, report.asker))") }
  }

  private static func words(_ result: TokenRetry.Change.Result, _ asker: TokenAsker) -> String {
    switch result {
    case .retried: "the next run tries its refresh token once more at \(asker.endpoint) for client \(asker.client)"
    case .notRefused: "unchanged: its refresh token was not refused at \(asker.endpoint) for client \(asker.client)"
    case .noToken: "there is no refresh token to try: flowrun authorize"
    case .held: "held by another run, left unchanged; repeat the command when that run has ended"
    case .unreadable: "its file cannot be read"
    }
  }

  /// - Parameter verb: `encrypted` or `decrypted`.
  static func show(
    _ report: BatchEncryption.Report, of folder: String, verb: String, _ format: FormatOption.Format, _ terminal: Terminal
  ) throws {
    for participant in report.held { terminal.complain("held by another run, left unchanged: \(participant)") }
    report.unreadable.forEach(terminal.complain)
    guard format == .text else { return terminal.print(try JSONOutput.text(report)) }
    var parts = ["\(report.changed) \(verb)", "\(report.unchanged) unchanged"]
    if !report.held.isEmpty { parts.append("\(report.held.count) held by another run: repeat the command later") }
    if !report.unreadable.isEmpty { parts.append("\(report.unreadable.count) cannot be read") }
    terminal.print("\(folder): \(parts.joined(separator: ", "))")
  }
}
