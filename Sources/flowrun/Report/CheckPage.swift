import FlowRuntime

/// The output of `flowrun check`: one line a check.
enum CheckPage {
  static func lines(_ report: CheckReport, _ terminal: Terminal) -> [String] {
    let width = report.findings.map(\.check.count).max() ?? 0
    return report.findings.map { finding in
      let status = terminal.styled(finding.status.rawValue, style(finding.status)) + String(repeating: " ", count: 4 - finding.status.rawValue.count)
      let check = finding.check + String(repeating: " ", count: width - finding.check.count)
      let next = finding.next.isEmpty ? "" : "; " + finding.next
      return "\(status)  \(check)  \(oneLine(finding.finding + next))"
    }
  }

  private static func style(_ status: CheckFinding.Status) -> Terminal.Style {
    switch status {
    case .ok: .green
    case .warn: .yellow
    case .failed: .red
    }
  }

  private static func oneLine(_ text: String) -> String { text.split(whereSeparator: \.isNewline).joined(separator: " ") }
}
