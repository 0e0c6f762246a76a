import FlowCore

/// Reads a queue's thresholds.
struct QueueReader {
  static let keys = ["count", "bytes", "prioritise"]
  /// Marks limits that are taken from the flow's defaults.
  static let unset = QueueLimits(count: -1, bytes: -1)

  let problems: ProblemList
  let subject: String

  func limits(_ node: ConfigurationNode, defaults: QueueLimits) -> QueueLimits {
    guard
      let section = Section(
        node, keys: Self.keys, subject: subject, problems: problems, name: "queue")
    else { return defaults }
    let limits = QueueLimits(
      count: section.value("count", .integer(0...1_000_000)) ?? defaults.count,
      bytes: section.value("bytes", .byteSize) ?? defaults.bytes,
      prioritise: section.value("prioritise", .text) ?? defaults.prioritise)
    if limits.count == 0 && limits.bytes == 0 { section.report(.queueWithoutLimit, at: node.position) }
    return limits
  }
}

extension QueueLimits {
  /// These limits, with the defaults where nothing was written.
  func filled(from defaults: QueueLimits) -> QueueLimits {
    QueueLimits(
      count: count < 0 ? defaults.count : count, bytes: bytes < 0 ? defaults.bytes : bytes,
      prioritise: prioritise ?? defaults.prioritise)
  }
}
