import FlowCore
import FlowFileSystem
import FlowRuntime
import FlowTesting
import Foundation
import StudyModel
import Testing

@Suite("flowrun.prom")
struct MetricsTextfileTests {
  private let folder: TemporaryFolder
  private let time = ManualTime()

  init() throws { folder = try TemporaryFolder() }

  private func report(_ flow: String, exit: Int32 = 0, finished: String = "2026-01-05T12:01:30Z") -> RunReport {
    var report = RunReport(run: "R", flow: flow, flowSHA256: "", started: "2026-01-05T12:00:00Z", finished: finished)
    report.exit = exit
    report.participants.total = 5
    report.participants.complete = 4
    report.participants.needsConsent = 1
    report.errors.count = 2
    report.rows = ["steps": RunReport.Rows()]
    report.rows["steps"]?.inserted = 7
    report.processors = [ProcessorReport(name: "write \"it\"", type: "WriteRecords")]
    return report
  }

  private func write(_ families: [MetricFamily], of flow: String) async throws {
    try await MetricsTextfile(folder: folder.path, flow: flow, fileSystem: POSIXFileSystem(), lane: InlineLane()).replace(families, keeping: RunMetrics.lasting, time: time)
  }

  private var lines: [String] {
    get throws { try String(contentsOfFile: folder.path("flowrun.prom"), encoding: .utf8).split(separator: "\n").map(String.init) }
  }

  @Test("tells the end of a run in base units: exit code, times, participants by outcome, rows and errors")
  func end() async throws {
    try await write(RunMetrics.families(report("f", exit: 65)), of: "f")
    let lines = try lines
    for line in [
      "flowrun_run_exit_code{flow=\"f\"} 65", "flowrun_run_start_time_seconds{flow=\"f\"} 1767614400", "flowrun_run_end_time_seconds{flow=\"f\"} 1767614490",
      "flowrun_run_duration_seconds{flow=\"f\"} 90", "flowrun_run_under_way{flow=\"f\"} 0", "flowrun_participants{flow=\"f\",outcome=\"complete\"} 4",
      "flowrun_participants{flow=\"f\",outcome=\"needs_consent\"} 1", "flowrun_participants{flow=\"f\",outcome=\"deferred\"} 0",
      "flowrun_rows_total{change=\"inserted\",flow=\"f\",table=\"steps\"} 7", "flowrun_error_entries{flow=\"f\"} 2",
      "flowrun_received_total{flow=\"f\",processor=\"write \\\"it\\\"\",type=\"WriteRecords\"} 0",
    ] { #expect(lines.contains(line), "\(line)") }
    #expect(!lines.contains { $0.hasPrefix("flowrun_run_success_time_seconds{") })
  }

  @Test("is a valid exposition: each family once, with help and type before its samples, counters end in _total, and no label names a participant")
  func format() async throws {
    try await write(RunMetrics.families(report("f")), of: "f")
    try await write(RunMetrics.families(report("g", exit: 75)), of: "g")
    var seen: [String] = []
    var type = ""
    let lines = try lines
    for line in lines {
      let words = line.split(separator: " ", maxSplits: 3).map(String.init)
      if line.hasPrefix("# HELP ") {
        #expect(!seen.contains(words[2]) && words[3].hasSuffix("."))
        seen.append(words[2])
      } else if line.hasPrefix("# TYPE ") {
        #expect(words[2] == seen.last)
        type = words[3]
      } else {
        #expect(line.wholeMatch(of: #/[a-z_]+\{[a-z]+="(?:[^"\\]|\\.)*"(?:,[a-z]+="(?:[^"\\]|\\.)*")*\} -?[0-9.e+-]+/#) != nil, "\(line)")
        let name = String(line.prefix { $0 != "{" })
        #expect(name == seen.last && (type == "counter") == name.hasSuffix("_total"))
      }
    }
    #expect(seen.count > 15 && !lines.contains { $0.contains("participant=") })
    #expect(try String(contentsOfFile: folder.path("flowrun.prom"), encoding: .utf8).hasSuffix("\n"))
  }

  @Test("each flow replaces its own samples, those of others stay, and the last success stays until the next")
  func others() async throws {
    try await write(RunMetrics.families(report("f", finished: "2026-01-05T13:00:00Z")), of: "f")
    try await write(RunMetrics.families(report("g")), of: "g")
    try await write(RunMetrics.families(report("f", exit: 69)), of: "f")
    var lines = try lines
    #expect(lines.contains("flowrun_run_exit_code{flow=\"g\"} 0") && lines.contains("flowrun_run_exit_code{flow=\"f\"} 69"))
    #expect(lines.filter { $0.hasPrefix("flowrun_run_exit_code{") }.count == 2)
    #expect(lines.contains("flowrun_run_success_time_seconds{flow=\"f\"} 1767618000"))
    try await write(RunMetrics.families(report("f", finished: "2026-01-05T14:00:00Z")), of: "f")
    lines = try self.lines
    #expect(lines.filter { $0.hasPrefix("flowrun_run_success_time_seconds{flow=\"f\"}") } == ["flowrun_run_success_time_seconds{flow=\"f\"} 1767621600"])
  }

  @Test("is replaced as a whole, readable by others, and leaves no other file that a collector reads")
  func atomic() async throws {
    try await write(RunMetrics.families(report("f")), of: "f")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".prom") } == ["flowrun.prom"])
    #expect(try POSIXFileSystem().status(folder.path("flowrun.prom"))?.mode == 0o644)
    let calls = Locked<[String]>([])
    let watched = GuardedFileSystem(POSIXFileSystem(), before: { _, _ in }, after: { boundary, path in calls.withLock { $0.append("\(boundary) \(path.split(separator: "/").last ?? "")") } })
    try await MetricsTextfile(folder: folder.path, flow: "f", fileSystem: watched, lane: InlineLane()).replace(RunMetrics.families(report("f")), time: time)
    let changes = calls.withLock { $0 }.filter { $0.hasPrefix("file.write") || $0.hasPrefix("file.rename") }
    #expect(changes == ["file.write .flowrun.prom.new", "file.rename flowrun.prom"])
  }
}
