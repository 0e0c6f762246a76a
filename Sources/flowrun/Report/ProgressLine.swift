import FlowRuntime

/// What a run does, as one line of text.
enum ProgressLine {
  /// The reason of a stop is shortened to this, so that the figures are read first.
  private static let longestReason = 60

  static func text(_ update: LiveUpdate) -> String {
    var parts = ["\(update.flow)  \(LivePage.clock(update.elapsed))"]
    if let stopping = update.stopping { parts.append("stopping (\(TextTable.cut(String(stopping.prefix { !$0.isNewline }), to: longestReason)))") }
    parts += LivePage.counts(update)
    let waits = update.processors.compactMap { processor in
      processor.waitsFor.map { "\(processor.name) waits: \($0)" }
    }
    return (parts + waits).joined(separator: "  ")
  }
}
