import FlowCore
import FlowRuntime

/// What `flowrun authorize` says.
enum AuthorizationPage {
  /// - Parameter isText: else standard output is for the one object of `--format json`, and the link goes to standard error.
  static func show(_ notice: Authorization.Notice, isText: Bool, _ terminal: Terminal) {
    switch notice {
    case .link(let link):
      terminal.note("open this page and sign in as the participant:")
      if isText { terminal.print(link) } else { terminal.complain(link) }
    case .waiting(let redirectURI, let limit):
      terminal.note("waiting for the answer on \(redirectURI), at most \(Int(limit.inSeconds)) s")
    case .storing: terminal.note("stopping: the code's answer is stored first")
    case .accountUnknown(let reason):
      terminal.note("warning: whose account it is could not be asked (\(reason)); the next run asks first")
    case .holdersUnknown(let reason):
      terminal.note("warning: whether another participant has the account could not be seen (\(reason)); the next run looks first")
    }
  }

  static func text(_ report: Authorization.Report) -> String {
    var lines = ["\(report.participant): consented; \(report.created ? "enrolled in" : "its tokens are in") \(report.file)"]
    if !report.refused.isEmpty { lines.append("not shared: \(report.refused.joined(separator: ", ")): what they feed is not collected") }
    if report.state != "active" { lines.append("\(report.participant) is \(report.state): flowrun participants resume") }
    return lines.joined(separator: "\n")
  }
}
