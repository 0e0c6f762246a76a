import FlowCore
import FlowRuntime
import StudyModel

/// The audit trail as a table with a line for each act. Cells are cut on a terminal that is too narrow, never in a file or a pipe.
struct AuditPage {
  private let terminal: Terminal
  private struct Act {
    var first: AuditEntry
    var last: AuditEntry
  }
  /// By database and the number of the entry with which the act began.
  private var acts: [String: [Int64: Act]] = [:]

  init(_ terminal: Terminal) { self.terminal = terminal }

  mutating func add(_ entries: [AuditEntry], of database: String) {
    for entry in entries { acts[database, default: [:]][entry.act, default: Act(first: entry, last: entry)].last = entry }
  }

  var lines: [String] {
    var table = TextTable([
      ("entry", .right), ("time", .left), ("who", .left), ("command", .left), ("parameters", .left), ("reason", .left), ("result", .left),
    ])
    for act in acts.sorted(by: { $0.key < $1.key }).flatMap({ $0.value.values.sorted { $0.first.number < $1.first.number } }) {
      let first = act.first, line = first.line
      table.add([
        "\(first.number)", Instant(seconds: line.time.seconds).text, "\(line.author.user)@\(line.author.host)", line.command, line.parameters.map(CommandHint.quoted).joined(separator: " "),
        line.reason ?? "-", Self.result(act.last),
      ])
    }
    return table.shorteningTimes(to: terminal.width).fitted(to: terminal.width, cutting: [(4, 24), (6, 24), (5, 12), (4, 10), (3, 8), (2, 6), (5, 6), (6, 10)]).lines(terminal)
  }

  private static func result(_ entry: AuditEntry) -> String {
    switch entry.line.phase {
    case .begun: "no end recorded: interrupted or under way"
    case .done: "done"
    case .ended: "\(entry.line.result ?? "ended") (exit \(entry.line.exit ?? 0))"
    }
  }

  static func lines(_ verdict: AuditRecords.Verdict) -> [String] {
    let count = "\(verdict.entries) \(verdict.entries == 1 ? "entry" : "entries")"
    let end = verdict.sha256.map { ", the last with the hash \($0)" } ?? ""
    guard !verdict.faults.isEmpty else {
      let known = verdict.witnesses == 0 ? "no report knows its end" : "\(verdict.witnesses) known \(verdict.witnesses == 1 ? "end agrees" : "ends agree")"
      return ["\(verdict.database): the audit trail is whole: \(count)\(end); \(known)"]
    }
    return ["\(verdict.database): the audit trail is NOT whole: \(count)\(end)"] + verdict.faults.map { "  \($0.fault)" }
  }
}
