import FlowCore
import FlowRuntime

/// The output of `flowrun participants invite`: the only time that links are shown.
enum InvitationPage {
  /// Where a server listens unless told otherwise.
  static let localURL = "http://127.0.0.1:8080"

  static func show(_ report: InvitationIssue.Report, of folder: String, _ format: ParticipantsCommand.Invite.Format, _ terminal: Terminal) throws {
    for problem in report.problems { terminal.complain(problem) }
    switch format {
    case .json: terminal.print(try JSONOutput.text(report.links))
    case .csv:
      terminal.print("participant,link,expires")
      // None of the three can contain a comma or a quote.
      for link in report.links { terminal.print("\(link.participant),\(link.link),\(link.expires)") }
    case .text:
      var table = TextTable([("participant", .left), ("link", .left), ("expires", .left)])
      for link in report.links { table.add([link.participant, link.link, link.expires]) }
      if !table.isEmpty { for line in table.lines(terminal) { terminal.print(line) } }
    }
    if !report.leftOut.isEmpty { terminal.note("left out, because their links still work: \(report.leftOut.joined(separator: ", "))") }
    guard !report.links.isEmpty else { return terminal.note("nobody in \(folder) \(report.leftOut.isEmpty ? "needs consent" : "needs another link")") }
    if report.replaced > 0 { terminal.note("\(report.replaced) earlier \(report.replaced == 1 ? "link no longer works" : "links no longer work")") }
    terminal.note("send each link to its participant only; the links cannot be shown again")
  }
}
