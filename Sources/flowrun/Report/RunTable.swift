import FlowCore
import FlowRuntime
import StudyModel

/// The table at the end of a run: what each processor did, the totals, and a last line with the result.
enum RunTable {
  static func lines(_ report: RunReport, _ terminal: Terminal, _ hint: CommandHint) -> [String] {
    worked(report, terminal) + [""] + places(report) + sums(report, hint) + TroubleList.lines(report, terminal, hint) + [last(report, terminal, hint)]
  }

  /// The run's warnings, for `runs show`.
  static func warnings(_ report: RunReport) -> [String] {
    (report.warnings ?? []).map(BulletinText.line)
  }

  /// Processors that had anything to do, and the number of the others.
  private static func worked(_ report: RunReport, _ terminal: Terminal) -> [String] {
    var worked = report
    worked.processors.removeAll { $0.received == 0 && $0.failed == 0 && $0.retried == 0 && $0.sent.allSatisfy { $0.value == 0 } }
    let idle = report.processors.count - worked.processors.count
    let lines = worked.processors.isEmpty ? [] : processors(worked, terminal)
    switch (worked.processors.count, idle) {
    case (_, 0): return lines
    case (0, _): return ["none of the \(idle) processors had anything to do"]
    default: return lines + [idle == 1 ? "1 more processor had nothing to do" : "\(idle) more processors had nothing to do"]
    }
  }

  static func processors(_ report: RunReport, _ terminal: Terminal, width: Int? = nil) -> [String] {
    let width = width ?? terminal.width
    let single = processors(report) { [$0.joined(separator: ", ")] }
    guard let width, let surplus = single.surplus(over: width) else { return single.lines(terminal) }
    // What does not fit goes into lines of its own: nothing is left out.
    let room = max(narrowestSent, single.width(of: sentColumn) - surplus)
    return processors(report) { wrapped($0, room) }.fitted(to: width, cutting: [0]).lines(terminal)
  }

  private static let sentColumn = 2
  private static let narrowestSent = 16

  /// Fills lines of at most so many characters; a part that is longer has a line of its own.
  static func wrapped(_ parts: [String], _ width: Int) -> [String] {
    var lines: [String] = []
    for (index, part) in parts.enumerated() {
      let text = index < parts.count - 1 ? part + "," : part
      if let last = lines.last, last.count + 1 + text.count <= width { lines[lines.count - 1] += " " + text } else { lines.append(text) }
    }
    return lines.isEmpty ? [""] : lines
  }

  private static func processors(_ report: RunReport, sentLines: ([String]) -> [String]) -> TextTable {
    var table = TextTable([
      ("processor", .left), ("received", .right), ("sent", .left), ("failed", .right), ("retried", .right), ("busy", .right),
    ])
    for processor in report.processors {
      let sent = processor.sent.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.key) \($0.value)" }
      let lines = sentLines(sent)
      table.add([
        processor.name, String(processor.received), lines[0], dash(processor.failed), dash(processor.retried),
        seconds(processor.seconds),
      ])
      for line in lines.dropFirst() { table.add(["", "", line, "", "", ""]) }
    }
    return table
  }

  private static func places(_ report: RunReport) -> [String] {
    let provider = report.simulated == true ? ["provider      the bundled simulator: the people and their data are made up"] : []
    return provider + (report.databases ?? []).map { "database      \($0)" }
  }

  private static func sums(_ report: RunReport, _ hint: CommandHint) -> [String] {
    let participants = report.participants
    let flowfiles = report.flowfiles
    var lines = report.rows.sorted { $0.key < $1.key }.map { table, rows in
      "rows          \(table): \(rows.inserted) inserted, \(rows.updated) updated, \(rows.unchanged) unchanged"
    }
    lines += (report.models ?? []).map { "model         \(ModelTable.line($0))" }
    if participants.total > 0 {
      lines.append(
        "participants  \(participants.total) = "
          + sum([
            ("complete", participants.complete), ("deferred", participants.deferred),
            (participants.needsConsent == 1 ? "needs consent" : "need consent", participants.needsConsent), ("failed", participants.failed), ("skipped", participants.skipped),
          ]))
    }
    lines.append(
      "FlowFiles     \(flowfiles.created) = "
        + sum([
          ("finished", flowfiles.finished), ("removed", flowfiles.removed), ("deferred", flowfiles.deferred),
          ("in errors", flowfiles.inErrors), ("abandoned", flowfiles.abandoned),
        ]) + (flowfiles.isBalanced ? "" : "  THE COUNTS DO NOT ADD UP: please report this"))
    if report.errors.count > 0 {
      lines.append("errors        \(report.errors.count) in \(report.errors.folder): \(hint.command("errors", "list"))")
    }
    return lines
  }

  /// One sentence with the exit code, followed by further codes that apply.
  static func last(_ report: RunReport, _ terminal: Terminal, _ hint: CommandHint) -> String {
    let style: Terminal.Style =
      switch report.exit {
      case 0: .green
      case 65, 75, 129, 130, 143: .yellow
      default: .red
      }
    let also = (report.also ?? []).map { "; \(addition($0, report))" }.joined()
    return terminal.styled("run \(report.run): \(words(report, hint)) (exit \(report.exit))\(also)", style)
  }

  private static func words(_ report: RunReport, _ hint: CommandHint) -> String {
    switch report.exit {
    case 0 where report.errors.count > 0:
      "this run wrote everything it requested; \(report.errors.count == 1 ? "1 entry of an earlier run is" : "\(report.errors.count) entries of earlier runs are") left: \(hint.command("errors", "list"))"
    case 0: "everything written"
    case 65 where report.participants.total == 0: "done, but no participant was collected: needs a person"
    case 65: "done, but \(people(report)) a person"
    case 75: "done, but retryable work is left: run it again later"
    case 129, 130, 143: "stopped by \(signal(report.exit)); what was done is saved"
    case 69, 78: "stopped: \(reason(report) ?? "the database or the provider is not available")"
    default: "failed\(reason(report).map { ": \($0)" } ?? "")"
    }
  }

  private static func addition(_ code: Int32, _ report: RunReport) -> String {
    switch code {
    case 65: "\(people(report).replacing("need", with: "also need")) a person (65)"
    case 75: "retryable work is left: run it again later (75)"
    case 129, 130, 143: "\(signal(code)) was also received (\(code))"
    default: "exit \(code) also applies"
    }
  }

  /// `3 participants need`, `1 participant needs`.
  private static func people(_ report: RunReport) -> String {
    let count = report.participants.needsConsent + report.participants.failed
    return count == 0 ? "some entries need" : count == 1 ? "1 participant needs" : "\(count) participants need"
  }

  private static func signal(_ code: Int32) -> String { code == 129 ? "SIGHUP" : code == 143 ? "SIGTERM" : "SIGINT" }

  private static func reason(_ report: RunReport) -> String? {
    report.stopped.map { $0.split(whereSeparator: \.isNewline).joined(separator: "; ") }
  }

  private static func sum(_ parts: [(String, Int)]) -> String {
    let shown = parts.filter { $0.1 > 0 }
    return shown.isEmpty ? "0" : shown.map { "\($0.1) \($0.0)" }.joined(separator: " + ")
  }
  private static func dash(_ value: Int) -> String { value == 0 ? "-" : String(value) }
  static func seconds(_ value: Double) -> String {
    let hundredths = Int((value * 100).rounded())
    return "\(hundredths / 100).\(padded(hundredths % 100, 2)) s"
  }
}
