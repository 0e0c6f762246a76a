import FlowCore
import StudyModel

/// What a person does, as the audit trail tells it.
package struct AuditAct: Sendable, Equatable {
  /// Such as `run` or `participants withdraw`.
  package var command: String
  /// The words after the command, without secrets.
  package var parameters: [String]
  package var reason: String?

  package init(_ command: String, _ parameters: [String] = [], reason: String? = nil) {
    self.command = command
    self.parameters = parameters
    self.reason = reason
  }
}

/// How an act ended.
package struct AuditOutcome: Sendable, Equatable {
  /// In words.
  package var result: String
  package var exit: Int32

  package init(_ result: String, exit: Int32 = 0) {
    self.result = result
    self.exit = exit
  }

  package init(_ result: String, _ status: ExitStatus) { self.init(result, exit: status.rawValue) }

  /// The longest part of an error's text that is kept.
  private static let longest = 400

  init(failed error: any Error) {
    let text = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
    self.init("failed: " + (text.count > Self.longest ? text.prefix(Self.longest) + "…" : text), exit: RunVerdict.exitCode(of: error).rawValue)
  }
}

extension RunRequest {
  /// What is told of the run if whoever asks for it says nothing.
  var actByDefault: AuditAct {
    let command = replay != nil ? "replay" : rebuild != nil ? "rebuild" : "run"
    return AuditAct(command, [graph.file] + (selection.patterns ?? []).flatMap { ["--only", $0] })
  }
}
