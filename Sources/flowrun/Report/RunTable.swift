import FlowCore

/// The table at the end of a run: what every processor did, what became of everything, one last line that states the truth.
enum RunTable {
  static func lines(_ report: RunReport, _ terminal: Terminal) -> [String] {
    processors(report, terminal) + [""] + sums(report) + [last(report, terminal)]
  }

  static func processors(_ report: RunReport, _ terminal: Terminal) -> [String] {
    var table = TextTable([
      ("processor", .left), ("received", .right), ("sent", .left), ("failed", .right), ("retried", .right), ("busy", .right),
    ])
    for processor in report.processors {
      let sent = processor.sent.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      table.add([
        processor.name, String(processor.received), sent, dash(processor.failed), dash(processor.retried),
        seconds(processor.seconds),
      ])
    }
    return table.lines(terminal)
  }

  private static func sums(_ report: RunReport) -> [String] {
    let participants = report.participants
    let flowfiles = report.flowfiles
    var lines = report.rows.sorted { $0.key < $1.key }.map { table, rows in
      "rows          \(table): \(rows.inserted) inserted, \(rows.updated) updated, \(rows.unchanged) unchanged"
    }
    if participants.total > 0 {
      lines.append(
        "participants  \(participants.total) = "
          + sum([
            ("complete", participants.complete), ("deferred", participants.deferred),
            ("need consent", participants.needsConsent), ("failed", participants.failed), ("skipped", participants.skipped),
          ]))
    }
    lines.append(
      "FlowFiles     \(flowfiles.created) = "
        + sum([
          ("finished", flowfiles.finished), ("removed", flowfiles.removed), ("deferred", flowfiles.deferred),
          ("in errors", flowfiles.inErrors), ("abandoned", flowfiles.abandoned),
        ]) + (flowfiles.isBalanced ? "" : "  THE BOOKS DO NOT BALANCE: please report this"))
    if report.errors.count > 0 {
      lines.append("errors        \(report.errors.count) in \(report.errors.folder): flowrun errors list")
    }
    return lines
  }

  /// One sentence and the exit code.
  static func last(_ report: RunReport, _ terminal: Terminal) -> String {
    let (words, style): (String, Terminal.Style) =
      switch report.exit {
      case 0: ("everything written", .green)
      case 65: ("done, but some participants need a person", .yellow)
      case 75: ("done, but retryable work is left: run it again later", .yellow)
      case 69: ("stopped: the database or the provider is not available", .red)
      case 78: ("not started: the configuration does not fit", .red)
      case 130, 143: ("stopped by a signal; what was done is saved", .yellow)
      default: ("failed", .red)
      }
    return terminal.styled("run \(report.run): \(words) (exit \(report.exit))", style)
  }

  private static func sum(_ parts: [(String, Int)]) -> String {
    let shown = parts.filter { $0.1 > 0 }
    return shown.isEmpty ? "0" : shown.map { "\($0.1) \($0.0)" }.joined(separator: " + ")
  }
  private static func dash(_ value: Int) -> String { value == 0 ? "-" : String(value) }
  static func seconds(_ value: Double) -> String {
    let tenths = Int((value * 100).rounded())
    return "\(tenths / 100).\(padded(tenths % 100, 2)) s"
  }
}
