import ArgumentParser
import FlowCore
import FlowErrors
import FlowRuntime
import StudyModel
import StudyParticipants

/// The output of a replay before it runs or instead of running.
struct ReplayReport {
  let plan: ReplayPlan
  let graph: FlowGraph
  let hint: CommandHint
  /// The flow file's path.
  let flow: String

  static func entries(_ count: Int) -> String { count == 1 ? "1 entry" : "\(count) entries" }

  /// One line for each reason.
  var refusals: [String] {
    plan.refusals.map { reason, count in
      let command = reason == .flowChanged ? ": " + hint.command("replay", flow, "--allow-flow-change") : ""
      return "not replayed: \(Self.entries(count)): \(reason.words)\(command)"
    }
  }

  // MARK: Nothing is taken

  private struct Refused: Encodable {
    struct Reason: Encodable {
      var reason: String
      var count: Int
    }
    var report: RunReport
    var refused: [Reason]
    enum CodingKeys: CodingKey { case refused }

    func encode(to encoder: any Encoder) throws {
      try report.encode(to: encoder)
      var members = encoder.container(keyedBy: CodingKeys.self)
      try members.encode(refused, forKey: .refused)
    }
  }

  /// The exit code of a replay that takes nothing because every entry is refused; nil if there is something to do.
  private var refusedAll: ExitCode? {
    guard plan.isEmpty, !plan.refused.isEmpty else { return nil }
    return plan.leavesForPerson ? ExitCode.needsPerson : ExitCode.retryableLeft
  }

  /// Reports that every entry was refused and no run was made. Returns the exit code.
  func refuseAll(_ format: FormatOption.Format, _ terminal: Terminal, errors: RunReport.Errors) throws -> ExitCode {
    guard let exit = refusedAll else { preconditionFailure("a replay that takes something is a run") }
    if format == .json {
      let now = DispatchTimeSource().now.text
      var report = RunReport(run: "", flow: graph.name, flowSHA256: graph.sha256, started: now, finished: now)
      report.errors = errors
      report.exit = exit.rawValue
      terminal.print(
        try JSONOutput.text(Refused(report: report, refused: plan.refusals.map { .init(reason: $0.reason.words, count: $0.count) })))
    } else {
      terminal.print("nothing replayed, no run made: \(Self.entries(plan.refused.count)) refused (exit \(exit.rawValue))")
    }
    return exit
  }

  // MARK: --dry-run

  private struct Line: Encodable {
    var uuid: String
    var participant: String?
    var dataType: String?
    var sliceStart: String?
    var sliceEnd: String?
    var cause: String
    var processor: String
    /// The planned action.
    var action: String
    enum CodingKeys: String, CodingKey {
      case uuid, participant, cause, processor, action
      case dataType = "data_type"
      case sliceStart = "slice_start"
      case sliceEnd = "slice_end"
    }

    init(_ entry: StoredEntry, action: String) {
      uuid = entry.document.uuid
      participant = entry.participant
      dataType = entry.dataType
      sliceStart = entry.document.attributes[AttributeName.sliceStart]
      sliceEnd = entry.document.attributes[AttributeName.sliceEnd]
      cause = entry.cause.rawValue
      processor = entry.document.processor
      self.action = action
    }
  }

  private var lines: [Line] {
    plan.returning.map { Line($0.entry, action: action(of: $0)) } + plan.rereading.map { Line($0, action: "would read the participant again") }
      + plan.settled.map { Line($0, action: "would remove: already written") }
      + plan.refused.map { Line($0.entry, action: "refused: \($0.reason.words)") }
  }

  private func action(of reentry: ReplayPlan.Reentry) -> String {
    let back = "would return to '\(graph.processors[reentry.processor].name)'"
    return switch reentry.material {
    case .content: back
    case .response: back + " with the stored response"
    case .nothing: back + " and ask the provider again"
    }
  }

  /// Throws the exit code that the replay itself would have where it takes nothing.
  func show(_ format: FormatOption.Format, _ terminal: Terminal) throws {
    if format == .text { table(terminal) } else { terminal.print(try JSONOutput.text(lines)) }
    if let refusedAll { throw refusedAll }
  }

  private func table(_ terminal: Terminal) {
    var table = TextTable([("participant", .left), ("data type", .left), ("slice", .left), ("cause", .left), ("", .left)])
    for line in lines {
      table.add([line.participant ?? "-", line.dataType ?? "-", line.sliceStart ?? "-", line.cause, line.action])
    }
    if !table.isEmpty { for line in table.fitted(to: terminal.width, cutting: [4, 1, 0]).lines(terminal) { terminal.print(line) } }
    let cleared = plan.settled.isEmpty ? "" : ", \(plan.settled.count) to remove"
    terminal.print("\(plan.returning.count + plan.rereading.count) to replay\(cleared), \(plan.refused.count) refused")
    for refusal in refusals { terminal.print(refusal) }
  }
}
