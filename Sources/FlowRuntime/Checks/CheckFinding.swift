import FlowCore

/// What one check of a flow's surroundings found.
package struct CheckFinding: Sendable, Equatable, Encodable {
  package enum Status: String, Sendable, Encodable {
    case ok, warn
    case failed = "FAIL"
  }

  /// What was looked at: `error folder`, `database 'database'`.
  package var check: String
  package var status: Status
  package var finding: String
  /// What to do about it; empty if there is nothing to do.
  package var next: String
  /// What a run would end with because of it; success unless it failed.
  package var exit: ExitStatus
  /// The folder that was tried; nil for another check.
  var folder: String?

  package enum CodingKeys: CodingKey { case check, status, finding, next }

  static func ok(_ check: String, _ finding: String) -> CheckFinding {
    CheckFinding(check: check, status: .ok, finding: finding, next: "", exit: .success)
  }

  static func warn(_ check: String, _ finding: String, next: String) -> CheckFinding {
    CheckFinding(check: check, status: .warn, finding: finding, next: next, exit: .success)
  }

  static func failed(_ check: String, _ finding: String, next: String, exit: ExitStatus) -> CheckFinding {
    CheckFinding(check: check, status: .failed, finding: finding, next: next, exit: exit)
  }

  /// The findings that an error of a run amounts to: one for each problem.
  static func failed(_ check: String, _ error: any Error, exit: ExitStatus? = nil) -> [CheckFinding] {
    let status = exit ?? RunVerdict.exitCode(of: error)
    switch error {
    case let problems as Diagnostics: return problems.all.map { failed(check, $0, exit: status) }
    case let problem as Diagnostic: return [failed(check, problem, exit: status)]
    default:
      // Messages say first what was found, and after a semicolon what was expected and what to do.
      let message = "\(error)", end = message.firstRange(of: "; ")
      let found = message[..<(end?.lowerBound ?? message.endIndex)], next = end.map { String(message[$0.upperBound...]) } ?? ""
      return [failed(check, String(found), next: next, exit: status)]
    }
  }

  private static func failed(_ check: String, _ problem: Diagnostic, exit: ExitStatus) -> CheckFinding {
    let place = [problem.file, problem.position.map { "\($0.line):\($0.column)" }].compactMap { $0 }.joined(separator: ":")
    let found = [place, problem.subject, problem.found].filter { !$0.isEmpty }.joined(separator: ": ")
    let next = [problem.expected.map { "expected \($0)" }, problem.hint].compactMap { $0 }.joined(separator: "; ")
    return failed(check, found, next: next, exit: exit)
  }
}

/// The findings of all checks, in the order in which they were made.
package struct CheckReport: Sendable, Equatable {
  package var findings: [CheckFinding]

  package init(_ findings: [CheckFinding]) { self.findings = findings }

  /// A flow file that is not valid: nothing else is looked at.
  package init(invalid file: String, _ problems: Diagnostics) {
    findings = CheckFinding.failed("flow file", problems, exit: .misconfigured)
  }

  /// Of the statuses that apply, the first in the order of a run: 78, 1, 69.
  package var status: ExitStatus {
    let found = Set(findings.map(\.exit))
    return [.misconfigured, .failed, .unavailable].first(where: found.contains) ?? .success
  }
}
