import FlowRuntime
import Foundation

/// Where a row comes from, as text.
enum TracePage {
  static func lines(_ report: TraceReport, _ terminal: Terminal) -> [String] {
    var lines: [String] = []
    func add(_ name: String, _ value: String?) {
      if let value { lines.append(name.padding(toLength: 11, withPad: " ", startingAt: 0) + value) }
    }
    if let table = report.table {
      add("row", "\(table) \((report.key ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " "))")
    }
    add("database", report.database)
    if let response = report.response {
      add("response", response.url.map { "\($0)\(response.status.map { " (HTTP \($0))" } ?? "")" })
      add("fetched at", response.fetchedAt)
      add("sha256", response.sha256)
    }
    add("raw", report.raw)
    if let slice = report.slice { add("slice", "\(slice.dataType) of \(slice.participant), \(slice.start) to \(slice.end): \(slice.state), \(slice.rows) \(slice.rows == 1 ? "row" : "rows")") }
    add("run", report.run)
    add("flow", report.flowSHA256.map { "\(report.flow.map { "\($0), " } ?? "")version \($0)" } ?? report.flow)
    add("flow text", report.flowText)
    add("FlowFile", report.flowfile.isEmpty ? nil : report.flowfile)
    // Its ancestors come first.
    var last = report.flowfile
    for step in report.way {
      if last != step.uuid { lines.append("  FlowFile \(step.uuid)") }
      last = step.uuid
      lines.append("  \(step.time)  \(step.processor): \(step.event)")
    }
    add("missing", report.missing)
    return lines
  }
}
