import FlowCore
import FlowRuntime

/// The output of `flowrun authorize`.
enum AuthorizationPage {
  /// - Parameter isText: otherwise standard output is reserved for the object of `--format json`, and the link goes to
  ///   standard error.
  static func show(_ notice: Authorization.Notice, isText: Bool, _ terminal: Terminal) {
    switch notice {
    case .link(let link):
      terminal.note("open this page and sign in as the participant:")
      if isText { terminal.print(link) } else { terminal.complain(link) }
    case .waiting(let redirectURI, let limit):
      terminal.note("waiting for the answer on \(redirectURI), at most \(Int(limit.inSeconds)) s")
    case .storing: terminal.note("stopping: the response to the code is stored first")
    case .accountUnknown(let reason):
      terminal.note("warning: the account could not be checked (\(reason)); the next run checks it first")
    case .holdersUnknown(let reason):
      terminal.note("warning: it could not be checked whether another participant has the account (\(reason)); the next run checks it first")
    case .invitationOpen(let reason):
      terminal.note("warning: the participant's invitation could not be marked as used (\(reason)); its link can be opened until it expires")
    }
  }

  static func text(_ report: Authorization.Report) -> String {
    var lines = ["\(report.participant): consented; \(report.created ? "enrolled in" : "its tokens are in") \(report.file)"]
    if !report.refused.isEmpty { lines.append("not shared: \(report.refused.joined(separator: ", ")): the data they cover is not collected") }
    if report.state != "active" { lines.append("\(report.participant) is \(report.state): flowrun participants resume") }
    return lines.joined(separator: "\n")
  }
}
