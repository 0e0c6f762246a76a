import FlowCore
import StudyModel

/// Prometheus' text exposition format, version 0.0.4.
package enum PrometheusText {
  package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

  /// The families that have samples; those of one name are joined, and samples with the same labels added.
  package static func text(_ families: [MetricFamily]) -> String {
    var order: [String] = []
    var byName: [String: MetricFamily] = [:]
    for family in families where !family.samples.isEmpty {
      if byName[family.name] == nil { order.append(family.name) }
      var joined = byName[family.name] ?? MetricFamily(family.name, family.help, family.kind, [])
      for sample in family.samples {
        if let known = joined.samples.firstIndex(where: { $0.labels == sample.labels }) {
          joined.samples[known].value += sample.value
        } else {
          joined.samples.append(sample)
        }
      }
      byName[family.name] = joined
    }
    return order.compactMap { byName[$0] }.flatMap(lines).joined(separator: "\n")
  }

  private static func lines(_ family: MetricFamily) -> [String] {
    ["# HELP \(family.name) \(family.help)", "# TYPE \(family.name) \(family.kind.rawValue)"]
      + family.samples.map { sample in
        let labels = sample.labels.sorted { $0.key < $1.key }.map { label($0.key, $0.value) }.joined(separator: ",")
        return "\(family.name)\(labels.isEmpty ? "" : "{\(labels)}") \(number(sample.value))"
      }
  }

  /// A label as it stands in a sample.
  static func label(_ name: String, _ value: String) -> String { "\(name)=\"\(escaped(value))\"" }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
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

extension RunReport {
  /// The counters of a run, per processor.
  package var metrics: [MetricFamily] {
    func labels(_ processor: Processor, _ more: [String: String] = [:]) -> [String: String] {
      ["flow": flow, "processor": processor.name, "type": processor.type].merging(more) { $1 }
    }
    func each(_ value: (Processor) -> Double) -> [MetricFamily.Sample] { processors.map { .init(labels($0), value($0)) } }
    return [
      MetricFamily("flowrun_received_total", "FlowFiles received by the processor.", .counter, each { Double($0.received) }),
      MetricFamily(
        "flowrun_sent_total", "FlowFiles sent, by relationship.", .counter,
        processors.flatMap { processor in
          processor.sent.sorted { $0.key < $1.key }.map { .init(labels(processor, ["relationship": $0.key]), Double($0.value)) }
        }),
      MetricFamily("flowrun_failed_total", "FlowFiles that went to failure.", .counter, each { Double($0.failed) }),
      MetricFamily("flowrun_retried_total", "Attempts that were retried.", .counter, each { Double($0.retried) }),
      MetricFamily("flowrun_busy_seconds_total", "Time spent in the processor.", .counter, each { $0.seconds }),
      MetricFamily("flowrun_bytes_total", "Bytes of content received.", .counter, each { Double($0.bytes) }),
      MetricFamily("flowrun_queue_high_water", "Most FlowFiles that waited for the processor at once.", .gauge, each { Double($0.queueHighWater) }),
      MetricFamily(
        "flowrun_counter_total", "Processor-specific counters.", .counter,
        processors.flatMap { processor in
          processor.counters.sorted { $0.key < $1.key }.map { .init(labels(processor, ["counter": $0.key]), Double($0.value)) }
        }),
    ]
  }
}
