import FlowCore
import StudyModel

/// Counters in Prometheus' text exposition format, version 0.0.4.
enum PrometheusText {
  static func text(_ report: RunReport) -> String {
    var lines: [String] = []
    func metric(_ name: String, _ help: String, type: String = "counter", _ samples: [(labels: [(String, String)], value: String)]) {
      guard !samples.isEmpty else { return }
      lines.append("# HELP flowrun_\(name) \(help)")
      lines.append("# TYPE flowrun_\(name) \(type)")
      for sample in samples {
        let labels = sample.labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
        lines.append("flowrun_\(name){\(labels)} \(sample.value)")
      }
    }
    func each(_ value: (RunReport.Processor) -> String) -> [(labels: [(String, String)], value: String)] {
      report.processors.map { (labels: base(report, $0), value: value($0)) }
    }
    metric("received_total", "FlowFiles received by the processor.", each { String($0.received) })
    metric(
      "sent_total", "FlowFiles sent, by relationship.",
      report.processors.flatMap { processor in
        processor.sent.sorted { $0.key < $1.key }.map {
          (labels: base(report, processor) + [("relationship", $0.key)], value: String($0.value))
        }
      })
    metric("failed_total", "FlowFiles that went to failure.", each { String($0.failed) })
    metric("retried_total", "Attempts that were retried.", each { String($0.retried) })
    metric("busy_seconds_total", "Time spent in the processor.", each { String($0.seconds) })
    metric("bytes_total", "Bytes of content received.", each { String($0.bytes) })
    metric("queue_high_water", "Most FlowFiles that waited for the processor at once.", type: "gauge", each { String($0.queueHighWater) })
    metric(
      "counter_total", "Processor-specific counters.",
      report.processors.flatMap { processor in
        processor.counters.sorted { $0.key < $1.key }.map {
          (labels: base(report, processor) + [("counter", $0.key)], value: String($0.value))
        }
      })
    return lines.joined(separator: "\n")
  }

  private static func base(_ report: RunReport, _ processor: RunReport.Processor) -> [(String, String)] {
    [("flow", report.flow), ("processor", processor.name), ("type", processor.type)]
  }
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { escaped, character in
      switch character {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.append(character)
      }
    }
  }
}
